"""NumPy: g*v + a*grad on `count` elements, float32."""

import numpy as np

from common import option, report, timed

count = option("count", 10_000_000)
v = (np.arange(count) % 1000).astype(np.float32) / 1000
grad = (np.arange(count) % 77).astype(np.float32) / 77
g, a = np.float32(0.9), np.float32(0.1)
result = [v]


def work():
    result[0] = g * result[0] + a * grad


times = timed(work, option("repeat", 20))
report(times, result[0].astype(np.float64).mean())
