import numpy as np

x = np.load("../../Benchmarks/out/letters.npz")["x"][:500]
middle = x.mean(axis=0)
u, s, vt = np.linalg.svd(x - middle, full_matrices=False)
share = np.cumsum(s**2) / (s**2).sum()
for k in [1, 10, 50, 100]:
    print(k, "components hold", 100 * share[k - 1])
codes = (x - middle) @ vt[:50].T
back = codes @ vt[:50] + middle
error = ((x - back) ** 2).mean()
print("mean squared error", error)
checks = [share[0], share[9], share[49], share[99], error]
