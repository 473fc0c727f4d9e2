"""NumPy's textbook softmax, or PyTorch's: options library=numpy|torch rows= columns="""

import numpy as np

from common import option, report, timed

rows, columns = option("rows", 10_000), option("columns", 10)
z = ((np.arange(rows * columns) % 1009).astype(np.float32) / 100).reshape(rows, columns)
repeat = option("repeat", 50)
if option("library", "numpy") == "torch":
    import torch

    t = torch.from_numpy(z)
    times = timed(lambda: torch.softmax(t, 1), repeat, warm=5)
    p = torch.softmax(t, 1).numpy()
else:

    def softmax(x):
        return np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True)

    times = timed(lambda: softmax(z), repeat, warm=5)
    p = softmax(z)
report(times, p[0, 0], p[rows - 1, columns - 1])
