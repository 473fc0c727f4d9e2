import torch
import torch.nn.functional as F

torch.manual_seed(11)
names = open("names.txt").read().splitlines()
letters = "." + "".join(sorted(set("".join(names))))
place_of = {letter: place for place, letter in enumerate(letters)}
pairs = []
for name in names:
    word = "." + name + "."
    for a, b in zip(word, word[1:]):
        pairs.append((place_of[a], place_of[b]))
x = torch.tensor([a for a, _ in pairs])
y = torch.tensor([b for _, b in pairs])
size = len(letters)

N = torch.bincount(x * size + y, minlength=size * size).reshape(size, size)
P = (N + 1) / (N + 1).sum(1, keepdim=True)
counted = -P[x, y].log().mean().item()
print("counted", counted)

W = torch.zeros(size, size, requires_grad=True)
for step in range(100):
    loss = F.cross_entropy(W[x], y) + 0.01 * (W**2).mean()
    W.grad = None
    loss.backward()
    W.data -= 50 * W.grad
learnt = F.cross_entropy(W[x], y).item()
print("learnt", learnt)

for k in range(3):
    place, name = torch.multinomial(P[0], 1).item(), ""
    while place != 0:
        name += letters[place]
        place = torch.multinomial(P[place], 1).item()
    print(len(name) > 0)
checks = [counted, learnt]
