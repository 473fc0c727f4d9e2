"""PyTorch, eager: a training loop of one's own with autograd, of two layers.

options: weights= data= activation=relu|tanh|gelu batch= steps= rate=
"""

import time

import numpy as np
import torch

from common import option, report

weights = np.load(option("weights", ""))
data = np.load(option("data", ""))
act = {"relu": torch.relu, "tanh": torch.tanh, "gelu": torch.nn.functional.gelu}[
    option("activation", "relu")
]
batch = option("batch", 32)
steps = option("steps", 100)
rate = option("rate", 0.01)
w1, b1, w2, b2 = (
    torch.from_numpy(np.array(weights[name])).requires_grad_() for name in ("W1", "b1", "W2", "b2")
)
x, y = torch.from_numpy(data["x"]), torch.from_numpy(data["y"])
pieces = [
    (x[i : i + batch].clone(), y[i : i + batch].clone())
    for i in range(0, len(x) - batch + 1, batch)
]


def loss(rows, targets):
    logits = act(rows @ w1 + b1) @ w2 + b2
    return -(targets * torch.log_softmax(logits, 1)).sum() / batch


times = []
for repeat in range(5):
    start = time.perf_counter()
    for step in range(steps):
        gradients = torch.autograd.grad(loss(*pieces[step % len(pieces)]), [w1, b1, w2, b2])
        with torch.no_grad():
            for weight, gradient in zip((w1, b1, w2, b2), gradients):
                weight -= rate * gradient
    times.append((time.perf_counter() - start) / steps)
report(times, loss(*pieces[0]).item())
