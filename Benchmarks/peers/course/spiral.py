import numpy as np

rng = np.random.default_rng(9)
N, K = 100, 3
r = np.linspace(0, 1, N)


def arm(k):
    t = np.linspace(4 * k, 4 * k + 4, N) + 0.2 * rng.standard_normal(N)
    return np.stack([r * np.sin(t), r * np.cos(t)], axis=1)


X = np.concatenate([arm(k) for k in range(K)]).astype(np.float32)
y = np.repeat(np.arange(K), N)
target = np.eye(K, dtype=np.float32)[y]


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def randn(*shape):
    return rng.standard_normal(shape, dtype=np.float32)


W, b = 0.01 * randn(2, K), np.zeros((1, K), np.float32)
for i in range(200):
    dscores = (softmax(X @ W + b) - target) / len(X)
    W -= X.T @ dscores + 1e-3 * W
    b -= dscores.sum(axis=0, keepdims=True)
print("linear", (np.argmax(X @ W + b, axis=1) == y).mean())

W1, b1 = 0.01 * randn(2, 100), np.zeros((1, 100), np.float32)
W2, b2 = 0.01 * randn(100, K), np.zeros((1, K), np.float32)
for i in range(3000):
    hidden = np.maximum(X @ W1 + b1, 0)
    dscores = (softmax(hidden @ W2 + b2) - target) / len(X)
    dhidden = dscores @ W2.T * (hidden > 0)
    W2 -= hidden.T @ dscores + 1e-3 * W2
    b2 -= dscores.sum(axis=0, keepdims=True)
    W1 -= X.T @ dhidden + 1e-3 * W1
    b1 -= dhidden.sum(axis=0, keepdims=True)
right = (np.argmax(np.maximum(X @ W1 + b1, 0) @ W2 + b2, axis=1) == y).mean()
print("right", right)
checks = [right > 0.95]
