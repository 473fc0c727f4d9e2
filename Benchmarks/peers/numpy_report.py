"""The report's own code, as printed (its dL_db_h mended), one full-batch epoch after another.

options: weights= data= epochs= dtype=float32|float64 rate= momentum=
"""

import time

import numpy as np

from common import option, report


def relu(x):
    return np.maximum(x, 0)


def gradRelu(x):
    return (x > 0).astype(x.dtype)


def softmax(x):
    return np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True)


def compute(x, W, b):
    return np.matmul(x, W) + b


def averageCE(target, prediction):
    return -1 * np.mean(target * np.log(prediction))


def gradCE(target, prediction):
    return prediction - target


def dL_dW_o(target, prediction, h):
    return np.matmul(np.transpose(h), gradCE(target, prediction))


def dL_db_o(target, prediction):
    return np.matmul(np.ones((1, target.shape[0]), dtype), gradCE(target, prediction))


def dL_dW_h(target, prediction, W_o, x, W_h, b_h):
    hidden_in = compute(x, W_h, b_h)
    d_r = gradRelu(hidden_in)
    reLU = relu(compute(x, W_h, b_h))
    return np.matmul(
        np.transpose(x), d_r * np.matmul(gradCE(target, prediction), np.transpose(W_o))
    )


def dL_db_h(target, prediction, W_o, x, W_h, b_h):
    hidden_in = compute(x, W_h, b_h)
    d_r = gradRelu(hidden_in)
    return np.matmul(
        np.ones((1, hidden_in.shape[0]), dtype),
        d_r * np.matmul(gradCE(target, prediction), np.transpose(W_o)),
    )


dtype = np.dtype(option("dtype", "float64"))
weights = np.load(option("weights", ""))
data = np.load(option("data", ""))
W_h, b_h = weights["W1"].astype(dtype), weights["b1"].reshape(1, -1).astype(dtype)
W_o, b_o = weights["W2"].astype(dtype), weights["b2"].reshape(1, -1).astype(dtype)
x, y = data["x"].astype(dtype), data["y"].astype(dtype)
g, a = option("momentum", 0.9), option("rate", 1e-6)
v_W_h, v_b_h, v_W_o, v_b_o = (np.full_like(w, 1e-5) for w in (W_h, b_h, W_o, b_o))

times, loss = [], 0.0
for epoch in range(option("epochs", 5) + 1):
    start = time.perf_counter()
    h = relu(compute(x, W_h, b_h))
    p = softmax(compute(h, W_o, b_o))
    loss = averageCE(y, p)
    v_W_o = g * v_W_o + a * dL_dW_o(y, p, h)
    v_b_o = g * v_b_o + a * dL_db_o(y, p)
    v_W_h = g * v_W_h + a * dL_dW_h(y, p, W_o, x, W_h, b_h)
    v_b_h = g * v_b_h + a * dL_db_h(y, p, W_o, x, W_h, b_h)
    W_o = W_o - v_W_o
    b_o = b_o - v_b_o
    W_h = W_h - v_W_h
    b_h = b_h - v_b_h
    if epoch > 0:
        times.append(time.perf_counter() - start)
report(times, loss)
