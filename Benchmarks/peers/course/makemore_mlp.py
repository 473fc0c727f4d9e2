import math
import random

import torch
import torch.nn.functional as F

torch.manual_seed(12)
names = open("names.txt").read().splitlines()
random.Random(1).shuffle(names)
letters = "." + "".join(sorted(set("".join(names))))
place_of = {letter: place for place, letter in enumerate(letters)}
block, size = 3, len(letters)


def examples(names):
    x, y = [], []
    for name in names:
        context = [0] * block
        for c in name + ".":
            place = place_of[c]
            x.append(context)
            y.append(place)
            context = context[1:] + [place]
    return torch.tensor(x), torch.tensor(y)


x, y = examples(names[:80])
valid_x, valid_y = examples(names[80:])
net = torch.nn.Sequential(
    torch.nn.Embedding(size, 8),
    torch.nn.Flatten(),
    torch.nn.Linear(24, 64),
    torch.nn.Tanh(),
    torch.nn.Linear(64, size),
)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(30):
    order = torch.randperm(len(x))
    for start in range(0, len(x), 32):
        rows = order[start : start + 32]
        optimizer.zero_grad()
        F.cross_entropy(net(x[rows]), y[rows]).backward()
        optimizer.step()
    with torch.no_grad():
        F.cross_entropy(net(x), y).item(), F.cross_entropy(net(valid_x), valid_y).item()
with torch.no_grad():
    loss = F.cross_entropy(net(x), y).item()
print("after 30 epochs", loss, math.log(size))


@torch.no_grad()
def write():
    context, name = [0] * block, ""
    while True:
        p = torch.softmax(net(torch.tensor([context])), 1)
        place = torch.multinomial(p, 1).item()
        if place == 0 or len(name) > 20:
            return name
        name += letters[place]
        context = context[1:] + [place]


samples = [write() for _ in range(5)]
assert all(len(sample) < 22 for sample in samples)
checks = [loss < 0.8 * math.log(size)]
