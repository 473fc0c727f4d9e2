from collections import Counter

import numpy as np

spam = ["win money now", "free money offer", "claim your free prize now", "win a prize"]
ham = ["lunch at noon", "see you at the office", "your report is due now", "are you free at noon"]


def word_counts(texts):
    return Counter(" ".join(texts).split())


words = list(word_counts(spam + ham))


def log_likelihood(texts):
    n = word_counts(texts)
    c = np.array([n.get(w, 0) + 1 for w in words])
    return np.log(c / c.sum())


tables = {"spam": log_likelihood(spam), "ham": log_likelihood(ham)}


def classify(text):
    places = [words.index(w) for w in text.split() if w in words]
    scores = [sum(table[p] for p in places) for table in tables.values()]
    return list(tables)[int(np.argmax(scores))]


answers = [classify(text) for text in ["free money", "report at noon", "win a free lunch prize"]]
print(answers)
checks = [answer == "spam" for answer in answers]
