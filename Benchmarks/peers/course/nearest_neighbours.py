import numpy as np

letters = np.load("../../Benchmarks/out/letters.npz")
x, y = letters["x"][:1000], letters["labels"][:1000].astype(int)


def distances(a, b):
    squares = (a**2).sum(axis=1, keepdims=True) - 2 * a @ b.T + (b**2).sum(axis=1)
    return np.sqrt(np.maximum(squares, 0))


def predict(a, x, y, k):
    places = np.argsort(distances(a, x), axis=1)[:, :k]
    return np.array([np.bincount(votes).argmax() for votes in y[places]])


def others_than(fold):
    rest = np.ones(1000, bool)
    rest[fold] = False
    return np.where(rest)[0]


checks = []
for k in [1, 5, 20]:
    scores = []
    for fold in np.array_split(np.arange(1000), 5):
        rest = others_than(fold)
        scores.append((predict(x[fold], x[rest], y[rest], k) == y[fold]).mean())
    print("k =", k, 100 * np.mean(scores))
    checks.append(np.mean(scores))
