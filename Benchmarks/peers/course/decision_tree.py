from collections import Counter

import pandas

weather = pandas.read_csv("weather.csv")


def impurity(labels):
    return 1 - sum((n / len(labels)) ** 2 for n in Counter(labels).values())


def passes(rows, test):
    column, value = test
    return rows[column] == value if isinstance(value, str) else rows[column] >= value


def best_test(rows, target):
    best_gain, best = 0, None
    for column in rows.columns:
        if column == target:
            continue
        for value in sorted(rows[column].unique()):
            mask = passes(rows, (column, value))
            yes, no = rows[mask], rows[~mask]
            if len(yes) == 0 or len(no) == 0:
                continue
            rest = len(yes) * impurity(yes[target]) + len(no) * impurity(no[target])
            gain = impurity(rows[target]) - rest / len(rows)
            if gain > best_gain + 1e-9:
                best_gain, best = gain, (column, value)
    return best


def grow(rows, target):
    best = best_test(rows, target)
    if best is None:
        return {"leaf": Counter(rows[target])}
    mask = passes(rows, best)
    return {"test": best, "yes": grow(rows[mask], target), "no": grow(rows[~mask], target)}


def show(tree, indent=""):
    if "leaf" in tree:
        return print(indent, dict(tree["leaf"]))
    print(indent, *tree["test"])
    show(tree["yes"], indent + "  ")
    show(tree["no"], indent + "  ")


def decide(tree, row):
    if "leaf" in tree:
        return tree["leaf"]
    column, value = tree["test"]
    goes = row[column] == value if isinstance(value, str) else row[column] >= value
    return decide(tree["yes" if goes else "no"], row)


tree = grow(weather, "play")
show(tree)
rows = weather.to_dict("records")
right = sum(row["play"] in decide(tree, row) for row in rows)
print(right, "of", len(rows), "right")
checks = [right]
