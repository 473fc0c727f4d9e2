import math

import numpy as np

rng = np.random.default_rng(5)
lake = ["S...", ".O.O", "...O", "O..G"]
moves = [[0, 1], [1, 0], [0, -1], [-1, 0]]
arrows = "→↓←↑"


def move(state, action):
    row = min(max(state // 4 + moves[action][0], 0), 3)
    column = min(max(state % 4 + moves[action][1], 0), 3)
    place = lake[row][column]
    return row * 4 + column, 1 if place == "G" else 0, place in ["G", "O"]


q = np.zeros((16, 4))
for episode in range(300):
    state, ended = 0, False
    while not ended:
        greedy = q[state].max() > 0 and rng.random() > 0.1
        action = int(q[state].argmax()) if greedy else int(rng.integers(0, 4))
        after, reward, ended = move(state, action)
        q[state, action] += 0.5 * (reward + 0.9 * q[after].max() - q[state, action])
        state = after

for row in range(4):
    cells = [
        arrows[q[4 * row + c].argmax()] if lake[row][c] in [".", "S"] else lake[row][c]
        for c in range(4)
    ]
    print(" ".join(cells))
state, steps, ended = 0, 0, False
while not ended:
    state, reward, ended = move(state, int(q[state].argmax()))
    steps += 1
print("reached", lake[math.floor(state / 4)][state % 4], "in", steps, "steps")
checks = [steps]
