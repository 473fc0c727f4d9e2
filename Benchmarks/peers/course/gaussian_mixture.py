import numpy as np

rng = np.random.default_rng(6)
x = np.concatenate([rng.standard_normal(200) * 0.5 - 2, rng.standard_normal(100) + 1.5])
mu, sigma, share = np.array([-1.0, 1]), np.array([1.0, 1]), np.array([0.5, 0.5])


def density(x, mu, sigma):
    return np.exp(-((x[:, None] - mu) ** 2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))


for step in range(50):
    r = share * density(x, mu, sigma)
    r /= r.sum(axis=1, keepdims=True)
    n = r.sum(axis=0)
    mu = (r * x[:, None]).sum(axis=0) / n
    sigma = np.sqrt((r * (x[:, None] - mu) ** 2).sum(axis=0) / n)
    share = n / len(x)
print(mu, sigma, share)
checks = [*mu, *sigma, *share]
