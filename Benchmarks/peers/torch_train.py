"""PyTorch, eager: SGD with momentum on the network whose weights and data are in two .npz files.

options: weights= data= batch= (0: full) epochs= rate= momentum= precision=f32|bf16
Full batch: seconds are of an epoch. Otherwise: of a step, and the loss is the last epoch's mean.
"""

import time

import numpy as np
import torch

from common import option, report

torch.manual_seed(0)
weights = np.load(option("weights", ""))
data = np.load(option("data", ""))
batch = option("batch", 0)
epochs = option("epochs", 10)
bf16 = option("precision", "f32") == "bf16"

layers = []
count = len([name for name in weights.files if name.startswith("W")])
for i in range(1, count + 1):
    weight, bias = weights[f"W{i}"], weights[f"b{i}"]
    layer = torch.nn.Linear(*weight.shape)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(np.ascontiguousarray(weight.T)))
        layer.bias.copy_(torch.from_numpy(bias.reshape(-1)))
    layers += [layer, torch.nn.ReLU()] if i < count else [layer]
model = torch.nn.Sequential(*layers)
x = torch.from_numpy(data["x"])
labels = torch.from_numpy(data["labels"].astype(np.int64))
optimizer = torch.optim.SGD(
    model.parameters(), lr=option("rate", 0.05), momentum=option("momentum", 0.9)
)
loss_function = torch.nn.CrossEntropyLoss()


def step(rows, targets):
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
        loss = loss_function(model(rows), targets)
    loss.backward()
    optimizer.step()
    return loss


times, last = [], 0.0
if batch == 0:
    for epoch in range(epochs + 1):
        start = time.perf_counter()
        last = step(x, labels).item()
        if epoch > 0:
            times.append(time.perf_counter() - start)
else:
    # The same pieces in the same order every epoch; the first epoch is not counted.
    starts = range(0, len(x) - batch + 1, batch)
    pieces = [(x[i : i + batch], labels[i : i + batch]) for i in starts]
    for epoch in range(epochs + 1):
        start = time.perf_counter()
        losses = [step(rows, targets).detach() for rows, targets in pieces]
        if epoch > 0:
            times.append((time.perf_counter() - start) / len(pieces))
    last = torch.stack(losses).mean().item()
report(times, last)
