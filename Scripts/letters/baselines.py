#!/usr/bin/env python3
"""Measure baselines on letters.npz: a linear softmax and a 784-1000-10 ReLU network.

Loss is the mean over all N*10 elements of -y log p. Rates multiply the gradient of
the mean over the N rows of the sum over the ten classes (so a rate for gradients summed
over the rows is N times smaller, and one for the loss above is 10 times larger).
"""

import argparse
import time

import numpy as np


def load(path):
    """Return {split: (rows in 0..1, labels)}."""
    with np.load(path) as data:
        return {split: (data[split + "_images"].reshape(-1, 784).astype(np.float32) / 255,
                        data[split + "_labels"]) for split in ("train", "valid", "test")}


def start(sizes, numbers):
    """Weights drawn with variance 2/(in + out), biases zero."""
    weights = []
    for before, after in zip(sizes, sizes[1:]):
        scale = np.sqrt(2 / (before + after))
        weights.append(numbers.normal(0, scale, (before, after)).astype(np.float32))
        weights.append(np.zeros(after, np.float32))
    return weights


def forward(weights, rows):
    """Return the input of each layer, and the softmax probabilities."""
    inputs = [rows]
    for place in range(0, len(weights) - 2, 2):
        inputs.append(np.maximum(inputs[-1] @ weights[place] + weights[place + 1], 0))
    out = inputs[-1] @ weights[-2] + weights[-1]
    out = np.exp(out - out.max(1, keepdims=True))
    return inputs, out / out.sum(1, keepdims=True)


def gradients(weights, rows, labels):
    """The gradient for each weight, and the loss before the step."""
    inputs, delta = forward(weights, rows)
    loss = -np.log(delta[np.arange(len(rows)), labels] + 1e-30).mean() / 10
    delta[np.arange(len(rows)), labels] -= 1
    delta /= len(rows)
    found = []
    for layer in range(len(inputs) - 1, -1, -1):
        found[:0] = [inputs[layer].T @ delta, delta.sum(0)]
        if layer:
            delta = (delta @ weights[2 * layer].T) * (inputs[layer] > 0)
    return found, loss


def measure(weights, data):
    """Loss and accuracy on a split."""
    rows, labels = data
    shares = forward(weights, rows)[1]
    hit = shares[np.arange(len(rows)), labels]
    return -np.log(hit + 1e-30).mean() / 10, (shares.argmax(1) == labels).mean()


def train(data, hidden, epochs, rate, momentum, batch=None, seed=0, watch=()):
    """Train with momentum: velocity = momentum * velocity + rate * gradient."""
    numbers = np.random.default_rng(seed)
    rows, labels = data["train"]
    weights = start([784, *hidden, 10], numbers)
    velocities = [np.zeros_like(w) for w in weights]
    count = len(rows)
    losses = []
    for epoch in range(1, epochs + 1):
        order = numbers.permutation(count) if batch else None
        for begin in range(0, count, batch or count):
            part = order[begin:begin + batch] if batch else slice(None)
            found, loss = gradients(weights, rows[part], labels[part])
            for weight, velocity, slope in zip(weights, velocities, found):
                velocity *= momentum
                velocity += rate * slope
                weight -= velocity
        losses.append(loss)
        if epoch in watch:
            loss, share = measure(weights, data["valid"])
            print(f"    epoch {epoch}: train loss {losses[-1]:.4f} "
                  f"valid loss {loss:.4f} accuracy {share:.4f}", flush=True)
    return weights, losses


def tell(name, data, began, weights):
    """Print loss and accuracy on the three splits."""
    parts = [f"{split} {loss:.4f} {100 * share:.2f}%"
             for split, (loss, share) in ((s, measure(weights, data[s])) for s in data)]
    print(f"{name}: {'  '.join(parts)}  ({time.time() - began:.0f} s)", flush=True)


def main():
    """Run the chosen baselines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("npz")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--linear", type=float, nargs="*", default=[], metavar="RATE")
    parser.add_argument("--minibatch", type=float, nargs="*", default=[], metavar="RATE")
    parser.add_argument("--full", nargs="*", default=[], metavar="RATE:MOMENTUM")
    parser.add_argument("--epochs", type=int, default=200)
    args = parser.parse_args()
    data = load(args.npz)
    for rate in args.linear:
        began = time.time()
        weights, _ = train(data, [], 30, rate, 0.9, batch=100, seed=args.seed)
        tell(f"linear softmax, batches of 100, 30 epochs, rate {rate}", data, began, weights)
    for rate in args.minibatch:
        began = time.time()
        weights, _ = train(data, [1000], 20, rate, 0.9, batch=100, seed=args.seed)
        tell(f"784-1000-10, batches of 100, 20 epochs, momentum 0.9, rate {rate}",
             data, began, weights)
    for pair in args.full:
        rate, momentum = map(float, pair.split(":"))
        began = time.time()
        weights, _ = train(data, [1000], args.epochs, rate, momentum, seed=args.seed,
                           watch=(1, 2, 5, 10, 15, 20, 25, 50, 75, 100, 125, 150, 175, 200))
        tell(f"784-1000-10, full batch, {args.epochs} epochs, rate {rate} momentum {momentum}",
             data, began, weights)


if __name__ == "__main__":
    main()
