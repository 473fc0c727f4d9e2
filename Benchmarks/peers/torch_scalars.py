"""PyTorch, eager: the gradient of a thousand operations on single numbers."""

import torch

from common import report, timed

w = torch.tensor(0.5, requires_grad=True, dtype=torch.float64)
v = torch.tensor(0.3, requires_grad=True, dtype=torch.float64)


def gradients():
    h = torch.tensor(0.1, dtype=torch.float64)
    for _ in range(333):
        h = torch.tanh(h * w + v)
    return torch.autograd.grad(h, [w, v])


report(timed(gradients, 30), *(gradient.item() for gradient in gradients()))
