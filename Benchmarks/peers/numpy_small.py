"""NumPy: one operation on few numbers.

options: kind=product|exp|dot|matrix_vector
"""

import time

import numpy as np

from common import option, report

a = (np.arange(12, dtype=np.float32) / 10).reshape(4, 3)
b = (np.arange(12, dtype=np.float32) / 7).reshape(3, 4)
u = np.arange(3, dtype=np.float32) / 3
v = np.arange(3, dtype=np.float32) / 5
matrix = np.arange(10_000, dtype=float).reshape(100, 100) / 10_000
vector = np.arange(100, dtype=float).reshape(100, 1) / 100


def product(turns):
    for _ in range(turns):
        c = a @ b
    return c


def exp(turns):
    for _ in range(turns):
        c = np.exp(a)
    return c


def dot(turns):
    for _ in range(turns):
        c = np.dot(u, v)
    return c


def matrix_vector(turns):
    for _ in range(turns):
        c = matrix @ vector
    return c


work = {"product": product, "exp": exp, "dot": dot, "matrix_vector": matrix_vector}[
    option("kind", "product")
]
turns = 20_000
times = []
for repeat in range(7):
    start = time.perf_counter()
    result = work(turns)
    times.append((time.perf_counter() - start) / turns)
report([min(times)], np.sum(result))
