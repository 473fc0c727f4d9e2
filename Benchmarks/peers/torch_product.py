"""PyTorch's matrix product: options rows= inner= columns= repeat="""

import numpy as np
import torch

from common import option, report, timed

rows, inner, columns = option("rows", 1000), option("inner", 1000), option("columns", 1000)
a = torch.from_numpy(((np.arange(rows * inner) % 1009) / 1000).astype(np.float32))
b = torch.from_numpy(((np.arange(inner * columns) % 997) / 1000).astype(np.float32))
a, b = a.reshape(rows, inner), b.reshape(inner, columns)
times = timed(lambda: a @ b, option("repeat", 10))
c = a @ b
report(times, c[0, 0], c[-1, -1])
