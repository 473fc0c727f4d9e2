import numpy as np

rng = np.random.default_rng(3)
centres = np.array([[0.0, 0], [4, 4], [0, 5]])
x = np.repeat(centres, 50, axis=0) + rng.standard_normal((150, 2)) * 0.7


def k_means(x, k, steps=20):
    means = x[:: len(x) // k][:k]
    for step in range(steps):
        nearest = ((x[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
        means = np.stack([x[nearest == c].mean(axis=0) for c in range(k)])
    return means, nearest


means, nearest = k_means(x, 3)
print("sizes", sorted(np.bincount(nearest)))
print(means[np.argsort(means[:, 0] + 2 * means[:, 1])])
spread = ((x - means[nearest]) ** 2).sum() / ((x - x.mean(axis=0)) ** 2).sum()
print("within", spread)
checks = [spread]
