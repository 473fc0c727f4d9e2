import numpy as np

rng = np.random.default_rng(1)
letters = np.load("../../Benchmarks/out/letters.npz")
x, y = letters["x"][:1000], letters["y"][:1000]
sizes = [784, 30, 10]
shapes = list(zip(sizes[:-1], sizes[1:]))
weights = [(rng.standard_normal(s) / np.sqrt(s[0])).astype(np.float32) for s in shapes]
biases = [rng.standard_normal((1, b)).astype(np.float32) for b in sizes[1:]]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def feedforward(a):
    for w, b in zip(weights, biases):
        a = sigmoid(a @ w + b)
    return a


def backprop(x, y):
    activations = [x]
    for w, b in zip(weights, biases):
        activations.append(sigmoid(activations[-1] @ w + b))
    delta = (activations[-1] - y) * activations[-1] * (1 - activations[-1])
    nabla = []
    for k in reversed(range(len(weights))):
        nabla.insert(0, (activations[k].T @ delta, delta.sum(axis=0, keepdims=True)))
        delta = delta @ weights[k].T * activations[k] * (1 - activations[k])
    return nabla


for epoch in range(15):
    order = rng.permutation(len(x))
    for start in range(0, len(x), 10):
        batch = order[start : start + 10]
        for k, (dw, db) in enumerate(backprop(x[batch], y[batch])):
            weights[k] -= 3 / len(batch) * dw
            biases[k] -= 3 / len(batch) * db
right = (feedforward(letters["test_x"]).argmax(axis=1) == letters["test_labels"]).mean()
print("right", right)
checks = [right > 0.7]
