"""PyTorch, eager: the models of programs/models.nns from the same weights, on the same data.

options: kind= folder=
"""

import pathlib
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from common import option, report

KIND, FOLDER = option("kind", ""), pathlib.Path(option("folder", ""))
BATCH = {"resnet": 64, "lstm": 32, "gpt": 32}.get(KIND, 128)


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.inner = nn.Sequential(
            nn.Conv2d(c, c, 3, padding=1), nn.BatchNorm2d(c), nn.ReLU(),
            nn.Conv2d(c, c, 3, padding=1), nn.BatchNorm2d(c))

    def forward(self, x):
        return F.relu(x + self.inner(x))


class Pick(nn.Module):
    """Of an LSTM the states alone."""

    def forward(self, x):
        return x[0]


class Position(nn.Module):
    def __init__(self, length, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(length, size))

    def forward(self, x):
        return x + self.weight[:x.shape[1]]


class Attention(nn.Module):
    def __init__(self, size, heads):
        super().__init__()
        self.inside, self.outside = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.heads = heads

    def forward(self, x):
        rows, steps, size = x.shape
        parts = self.inside(x).view(rows, steps, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(*parts, is_causal=True)
        return self.outside(seen.transpose(1, 2).reshape(rows, steps, size))


class Layer(nn.Module):
    def __init__(self, size, heads):
        super().__init__()
        self.first = nn.Sequential(nn.LayerNorm(size), Attention(size, heads))
        self.second = nn.Sequential(
            nn.LayerNorm(size), nn.Linear(size, 4 * size), nn.GELU(), nn.Linear(4 * size, size))

    def forward(self, x):
        x = x + self.first(x)
        return x + self.second(x)


class Same(nn.Module):
    """As much around a picture as an output of half its size needs: the odd one at the end."""

    def forward(self, x):
        return F.pad(x, [0, 1, 0, 1])


class Rows(nn.Module):
    """A picture's numbers in nnsh's order."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


def model():
    if KIND == "conv":
        return nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), Rows(),
            nn.Linear(1568, 128), nn.ReLU(), nn.Linear(128, 10))
    if KIND == "resnet":
        return nn.Sequential(
            Same(), nn.Conv2d(1, 16, 3, stride=2), nn.ReLU(), Block(16), Block(16), Block(16),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10))
    if KIND == "autoencoder":
        sizes, layers = [784, 128, 32, 128, 784], []
        for inputs, outputs in zip(sizes, sizes[1:]):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        return nn.Sequential(*layers[:-1], nn.Sigmoid())
    if KIND == "lstm":
        return nn.Sequential(
            nn.Embedding(65, 32), nn.LSTM(32, 128, batch_first=True), Pick(), nn.Linear(128, 65))
    return nn.Sequential(
        nn.Embedding(65, 128), Position(64, 128), *[Layer(128, 4) for _ in range(4)],
        nn.LayerNorm(128), nn.Linear(128, 65))


@torch.no_grad()
def fill(net):
    """nnsh's weights, in its order; inputs come before outputs there."""
    archive = np.load(FOLDER / f"model-{KIND}.npz")
    values = [archive[name] for name in archive.files if not name.startswith("running")]
    parameters = [p for name, p in net.named_parameters() if "bias_hh" not in name]
    assert len(values) == len(parameters), (len(values), len(parameters))
    for name, parameter in net.named_parameters():
        if "bias_hh" in name:
            # PyTorch has a second bias, which nnsh has not.
            parameter.zero_().requires_grad_(False)
    for value, parameter in zip(values, parameters):
        value = torch.from_numpy(value)
        if value.dim() == 4:
            value = value.permute(3, 2, 0, 1)
        elif value.dim() == 2 and is_product(parameter, net):
            value = value.t()
        parameter.copy_(value.contiguous())


def is_product(parameter, net):
    """Whether it is a matrix that PyTorch holds transposed."""
    for module in net.modules():
        if isinstance(module, nn.Linear) and module.weight is parameter:
            return True
        if isinstance(module, nn.LSTM) and any(parameter is p for p in module.parameters()):
            return True
    return False


data = np.load(FOLDER / f"data-{KIND}.npz")
x, y = torch.from_numpy(data["x"]), torch.from_numpy(data["y"])
if KIND in ("conv", "resnet"):
    x = x.permute(0, 3, 1, 2).contiguous()
if KIND in ("lstm", "gpt"):
    x, y = x.long(), y.long()
net = model()
fill(net)
net.train()
optimizer = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], lr=1e-3)


def step(rows, targets):
    optimizer.zero_grad(set_to_none=True)
    output = net(rows)
    if KIND == "autoencoder":
        loss = F.mse_loss(output, targets)
    elif targets.dtype == torch.int64:
        loss = F.cross_entropy(output.flatten(0, 1), targets.flatten())
    else:
        loss = F.cross_entropy(output, targets)
    loss.backward()
    optimizer.step()
    return loss.detach()


times = []
for epoch in range(4):
    start = time.perf_counter()
    losses = [step(x[i:i + BATCH], y[i:i + BATCH]) for i in range(0, len(x), BATCH)]
    if epoch > 0:
        times.append(time.perf_counter() - start)
report(times, torch.stack(losses).mean())
