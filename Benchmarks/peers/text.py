"""Words and characters in CPython: option work=, a name among the works."""

from collections import Counter

import numpy

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


prose = ", ".join("W" + w[1:] for w in words) + "."
names = [vocabulary[k * 31 % 3000] for k in range(8000)]
table = "\n".join(f"{k},{k * 0.5:g},name{k % 97},{k % 7}" for k in range(20_000))
letters = "abcdefghijklmnopqrstuvwxyz0123456789."


def word_frequency():
    c = {}
    for w in prose.lower().split():
        w = w.strip(".,")
        c[w] = c.get(w, 0) + 1
    return len(c)


def bigrams():
    c = {}
    for w in names:
        previous = "."
        for ch in w:
            pair = previous + ch
            if pair in c:
                c[pair] += 1
            else:
                c[pair] = 1
            previous = ch
    return len(c)


def bigram_matrix():
    stoi = {ch: i for i, ch in enumerate(letters)}
    counts = numpy.zeros((len(letters), len(letters)), dtype=numpy.float32)
    for w in names:
        a = "."
        for b in w:
            counts[stoi[a], stoi[b]] += 1
            a = b
    return counts.sum()


def neighbours():
    n = 0
    for w in names:
        for a, b in zip(w, w[1:]):
            if a == b:
                n += 1
    return n


def encode():
    stoi = {ch: i for i, ch in enumerate(letters + " ")}
    return sum([stoi[c] for c in text])


def palindromes():
    n = 0
    for w in words:
        if w == w[::-1]:
            n += 1
    return n


def shifted(c):
    return chr((ord(c) - 97 + 3) % 26 + 97) if "a" <= c <= "z" else c


def comma_separated():
    total = 0
    for line in table.splitlines():
        cells = line.split(",")
        total += float(cells[1])
    return total


def formatted():
    out = []
    for i in range(20_000):
        out += [f"{i}: {i / 3:.2f}"]
    return len("".join(out))


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
    "word_frequency": word_frequency,
    "bigrams": bigrams,
    "bigram_matrix": bigram_matrix,
    "neighbours": neighbours,
    "encode": encode,
    "palindromes": palindromes,
    "reverse": lambda: text[::-1].find("0drow"),
    "comma_separated": comma_separated,
    "shifted": lambda: len("".join(map(shifted, text))),
    "formatted": formatted,
    "without_digits": lambda: len("".join(filter(lambda c: c not in "0123456789", text))),
    "join_map": lambda: len(" ".join(map(lambda w: w + "!", words))),
    "sort_key": lambda: len(sorted(words, key=lambda w: w[-3:])[0]),
    "capitals": lambda: len(" ".join(map(lambda w: w[0].upper() + w[1:].lower(), words))),
    "find_each": lambda: len([w for w in words if w.find("4") == -1]),
    "replace_each": lambda: len("".join([w.replace("o", "00") for w in words])),
    "unique": lambda: len(sorted(set(words))),
}

if __name__ == "__main__":
    work = WORKS[option("work", "count_in")]
    report(timed(work, 9), work())
