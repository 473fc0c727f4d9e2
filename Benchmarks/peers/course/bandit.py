import numpy as np

rng = np.random.default_rng(8)
pays = [0.2, 0.8, 0.5, 0.3]
preference = np.zeros(4)
baseline = 0.0


def softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum()


for step in range(1, 2001):
    p = softmax(preference)
    arm = rng.choice(4, p=p)
    reward = float(rng.random() < pays[arm])
    one_hot = np.zeros(4)
    one_hot[arm] = 1
    preference += 0.1 * (reward - baseline) * (one_hot - p)
    baseline += (reward - baseline) / step
print("the best arm is", preference.argmax(), softmax(preference).max() > 0.8)
checks = [preference.argmax(), softmax(preference).max() > 0.8]
