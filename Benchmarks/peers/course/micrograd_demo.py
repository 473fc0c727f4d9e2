import numpy as np
import torch

torch.manual_seed(7)
rng = np.random.default_rng(7)
t = np.linspace(0, np.pi, 50)
moons = [np.stack([np.cos(t), np.sin(t)], 1), np.stack([1 - np.cos(t), 0.5 - np.sin(t)], 1)]
x = torch.tensor(np.concatenate(moons) + 0.1 * rng.standard_normal((100, 2)), dtype=torch.float32)
y = torch.tensor(np.repeat([-1.0, 1.0], 50), dtype=torch.float32)
net = torch.nn.Sequential(
    torch.nn.Linear(2, 16),
    torch.nn.ReLU(),
    torch.nn.Linear(16, 16),
    torch.nn.ReLU(),
    torch.nn.Linear(16, 1),
)
weights = [net[0].weight, net[2].weight, net[4].weight]
for k in range(100):
    scores = net(x).flatten()
    loss = (1 - y * scores).relu().mean() + 1e-4 * sum((w**2).sum() for w in weights)
    net.zero_grad()
    loss.backward()
    for p in net.parameters():
        p.data -= (1 - 0.9 * k / 100) * p.grad
with torch.no_grad():
    right = ((net(x).flatten() > 0) == (y > 0)).float().mean().item()
    print("right", right)
    regions = [
        "".join(
            "#" if net(torch.tensor([[u, v]], dtype=torch.float32))[0, 0] > 0 else "."
            for u in np.linspace(-1.5, 2.5, 33)
        )
        for v in np.linspace(1.25, -0.75, 9)
    ]
print("the corners", regions[0][0], regions[8][32])
checks = [right > 0.9]
