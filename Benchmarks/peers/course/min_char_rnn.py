import numpy as np

rng = np.random.default_rng(2)
data = "the rain in spain stays mainly in the plain. " * 4
chars = sorted(set(data))
place_of = {c: i for i, c in enumerate(chars)}
ids = [place_of[c] for c in data]
vocabulary, hidden, length, rate = len(chars), 32, 15, 0.1

Wxh = rng.standard_normal((hidden, vocabulary)) * 0.1
Whh = rng.standard_normal((hidden, hidden)) * 0.1
Why = rng.standard_normal((vocabulary, hidden)) * 0.1
bh, by = np.zeros((hidden, 1)), np.zeros((vocabulary, 1))


def loss_and_gradients(inputs, targets, hprev):
    xs, hs, ps = {}, {-1: np.copy(hprev)}, {}
    loss = 0
    for t in range(len(inputs)):
        xs[t] = np.zeros((vocabulary, 1))
        xs[t][inputs[t]] = 1
        hs[t] = np.tanh(Wxh @ xs[t] + Whh @ hs[t - 1] + bh)
        ys = Why @ hs[t] + by
        ps[t] = np.exp(ys) / np.sum(np.exp(ys))
        loss += -np.log(ps[t][targets[t], 0])
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        dWhy += dy @ hs[t].T
        dby += dy
        dh = Why.T @ dy + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += dhraw @ xs[t].T
        dWhh += dhraw @ hs[t - 1].T
        dhnext = Whh.T @ dhraw
    for gradient in [dWxh, dWhh, dWhy, dbh, dby]:
        np.clip(gradient, -5, 5, out=gradient)
    return loss, dWxh, dWhh, dWhy, dbh, dby, hs[len(inputs) - 1]


def sample(h, x, count):
    text = ""
    for t in range(count):
        one_hot = np.zeros((vocabulary, 1))
        one_hot[x] = 1
        h = np.tanh(Wxh @ one_hot + Whh @ h + bh)
        y = Why @ h + by
        p = np.exp(y) / np.sum(np.exp(y))
        x = rng.choice(vocabulary, p=p.ravel())
        text += chars[x]
    return text


memory = [np.zeros_like(p) for p in (Wxh, Whh, Why, bh, by)]
hprev = np.zeros((hidden, 1))
p = 0
for n in range(201):
    if p + length + 1 >= len(ids):
        hprev, p = np.zeros((hidden, 1)), 0
    inputs, targets = ids[p : p + length], ids[p + 1 : p + length + 1]
    loss, *gradients, hprev = loss_and_gradients(inputs, targets, hprev)
    for param, gradient, mem in zip([Wxh, Whh, Why, bh, by], gradients, memory):
        mem += gradient * gradient
        param += -rate * gradient / np.sqrt(mem + 1e-8)
    if n == 0:
        print("at first", loss)
    p += length
last = loss_and_gradients(ids[0:15], ids[1:16], np.zeros((hidden, 1)))[0]
print("after", n, "steps", last)
text = sample(np.zeros((hidden, 1)), ids[0], 200)
print(text)
checks = [last < 5, any(word in text for word in ("rain", "spain", "plain"))]
