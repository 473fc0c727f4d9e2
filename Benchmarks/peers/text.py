"""Words and characters in CPython: option work=, a name among the works."""

from collections import Counter

from common import option, report, timed

vocabulary = ["word" + str(k * k) for k in range(3000)]
words = [vocabulary[k * 7919 % 3000] for k in range(50_000)]
text = " ".join(words)
longer = "".join(w + ", " for w in words)


def count_in():
    c = {}
    for w in words:
        if w in c:
            c[w] += 1
        else:
            c[w] = 1
    return len(c)


def count_get():
    c = {}
    for w in words:
        c[w] = c.get(w, 0) + 1
    return len(c)


def group_in():
    groups = {}
    for w in words:
        k = w[-2:]
        if k in groups:
            groups[k] += [w]
        else:
            groups[k] = [w]
    return len(groups)


def group_get():
    groups = {}
    for w in words:
        k = w[4]
        groups[k] = groups.get(k, []) + [w]
    return len(groups)


def unique_by_record():
    seen = {}
    found = []
    for w in words:
        if w not in seen:
            seen[w] = True
            found += [w]
    return len(found)


def characters():
    n = 0
    for c in text:
        if c == "w":
            n += 1
    return n


def indexed():
    n = 0
    for i in range(len(text)):
        if text[i] == " ":
            n += 1
    return n


def build():
    s = ""
    for c in text:
        s += c
    return len(s)


def append_each():
    found = []
    for w in words:
        found += [w]
    return len(found)


def cipher():
    out = ""
    for c in text:
        if "a" <= c <= "z":
            out += chr((ord(c) - 97 + 13) % 26 + 97)
        else:
            out += c
    return len(out)


WORKS = {
    "count_in": count_in,
    "count_get": count_get,
    "counts": lambda: len(Counter(words)),
    "counts_split": lambda: len(Counter(text.split())),
    "split": lambda: len(text.split()),
    "split_at": lambda: len(longer.split(", ")),
    "join": lambda: len("-".join(words)),
    "lower": lambda: len(text.lower()),
    "upper": lambda: len(text.upper()),
    "strip": lambda: len([w.strip() for w in words]),
    "replace": lambda: len(text.replace("word", "w")),
    "chars": lambda: len(list(text)),
    "group_in": group_in,
    "group_get": group_get,
    "unique_by_record": unique_by_record,
    "characters": characters,
    "indexed": indexed,
    "build": build,
    "append_each": append_each,
    "cipher": cipher,
    "sort": lambda: len(sorted(words)),
    "lengths": lambda: len(list(map(len, words))),
    "longest": lambda: len(sorted(words, key=len)[0]),
}

if __name__ == "__main__":
    work = WORKS[option("work", "count_in")]
    report(timed(work, 9), work())
