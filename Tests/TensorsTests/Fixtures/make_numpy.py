"""Writes numpy.txt: what NumPy gives for the cases that the tests repeat.

Run as `python3 make_numpy.py` with NumPy 1.26 or later; SciPy is not needed.
A line is a name, a shape and the elements, parted by `|`.
"""
import math
import pathlib

import numpy as np

lines = []

np.seterr(all="ignore")


def put(name, value):
    value = np.asarray(value, dtype=np.float64)
    shape = ",".join(map(str, value.shape))
    lines.append(f"{name}|{shape}|{' '.join(repr(float(x)) for x in value.ravel())}\n")


def sample(*shape, scale=1.0, seed=1):
    """Numbers with few bits, exact in Float32 too: a congruential sequence both sides know."""
    state, values = seed, []
    for _ in range(math.prod(shape)):
        state = (state * 1103515245 + 12345) % 2**31
        values.append(((state >> 12) % 2001 - 1000) / 256 * scale)
    return np.array(values).reshape(shape)


special = np.array([0.0, -0.0, 1, -1, 0.5, 1.5, 2.5, -2.5, 3, -7, 1e-8, 20, -20, 88, -104,
                    np.inf, -np.inf, np.nan])
put("special", special)

erf = np.vectorize(math.erf)
erfc = np.vectorize(math.erfc)
unary = {
    "negate": np.negative, "exp": np.exp, "log": np.log, "log1p": np.log1p, "sqrt": np.sqrt,
    "abs": np.abs, "sign": np.sign, "sin": np.sin, "cos": np.cos, "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "gelu": lambda x: np.where(x == -np.inf, 0.0, 0.5 * x * erfc(-x / math.sqrt(2))),
    "softplus": lambda x: np.logaddexp(0, x), "floor": np.floor, "ceil": np.ceil,
    "round": np.round, "relu": lambda x: np.maximum(x, 0),
    "gradRelu": lambda x: (x > 0).astype(float), "reciprocal": np.reciprocal,
    "square": np.square, "isnan": np.isnan, "isfinite": np.isfinite, "not": np.logical_not,
    "tan": np.tan, "sinh": np.sinh, "cosh": np.cosh, "arcsin": np.arcsin, "arccos": np.arccos,
    "arctan": np.arctan, "expm1": np.expm1, "log2": np.log2, "log10": np.log10,
    "trunc": np.trunc, "isinf": np.isinf,
}
for name, function in unary.items():
    put("unary." + name, function(special))

binary = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide,
    "remainder": np.remainder, "power": np.power, "minimum": np.minimum, "maximum": np.maximum,
    "equal": np.equal, "notEqual": np.not_equal, "less": np.less, "lessOrEqual": np.less_equal,
    "greater": np.greater, "greaterOrEqual": np.greater_equal, "and": np.logical_and,
    "or": np.logical_or, "arctan2": np.arctan2,
}
operands = np.array([0.0, 1, -1, 0.5, 2, -3, 7.25, np.inf, -np.inf, np.nan])
put("operands", operands)
for name, function in binary.items():
    put("binary." + name, function(operands[:, None], operands[None, :]))

x = sample(2, 3, 4)
put("x", x)
reductions = {
    "sum": np.sum, "mean": np.mean, "min": np.min, "max": np.max, "prod": np.prod, "any": np.any,
    "all": np.all, "norm": lambda a, axis, keepdims: np.sqrt(
        np.sum(a * a, axis=axis, keepdims=keepdims)),
}
for axes in [None, (0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]:
    label = "all" if axes is None else "".join(map(str, axes))
    for name, function in reductions.items():
        put(f"reduce.{name}.{label}", function(x, axis=axes, keepdims=False))
        put(f"reduce.{name}.{label}.keep", function(x, axis=axes, keepdims=True))
    put(f"variance.{label}", np.var(x, axis=axes))
    put(f"deviation.{label}", np.std(x, axis=axes, ddof=1))
for axis in range(3):
    put(f"argmin.{axis}", np.argmin(x, axis=axis))
    put(f"argmax.{axis}", np.argmax(x, axis=axis))
    put(f"cumsum.{axis}", np.cumsum(x, axis=axis))
    put(f"sort.{axis}", np.sort(x, axis=axis))
    put(f"argsort.{axis}", np.argsort(x, axis=axis, kind="stable"))
put("cumsum", np.cumsum(x))

y = np.arange(2 * 5 * 4 * 3, dtype=float).reshape(2, 5, 4, 3)
i = np.array([3, 0, -1])
mask4 = np.array([True, False, True, True])
mask54 = (np.arange(20).reshape(5, 4) % 3) == 1
index = {
    "at": y[1], "last": y[:, -1], "slice": y[:, 1:4], "step": y[:, ::2, ::-1], "reverse": y[::-1],
    "negative": y[:, -3:-1], "empty": y[:, 4:2], "clamped": y[:, -100:100:3],
    "backwards": y[:, 3:0:-2], "gather": y[:, i], "gatherLast": y[:, :, :, i[1:]],
    "gatherMatrix": y[:, np.array([[0, 1], [2, 4]])], "mask": y[:, :, mask4], "mask2": y[:, mask54],
    "mixed": y[:, i, 1:3], "atGather": y[:, 2, i], "atSliceGather": y[0, :, i],
    "gatherSliceAt": y[:, i, :, 1], "atMask": y[1, :, mask4],
}
for name, value in index.items():
    put("index." + name, value)


def assigned(change):
    copy = y.copy()
    change(copy)
    return copy


def put_assigned(name, key, value):
    copy = y.copy()
    copy[key] = value
    put("assign." + name, copy)


put_assigned("at", (1, -1), 7)
put_assigned("slice", (slice(None), slice(1, 4, 2), slice(None), slice(None, None, -1)),
             np.array([10.0, 20, 30]))
put_assigned("mask", (slice(None), mask54), np.array([[-1.0, -2, -3]]))
put_assigned("gather", (slice(None), i), np.arange(12.0).reshape(4, 3))
put_assigned("repeated", (slice(None), np.array([0, 0])), np.array([1.0, 2]).reshape(2, 1, 1))
put_assigned("atSliceGather", (0, slice(None), i), np.arange(45.0).reshape(3, 5, 3))
copy = y.copy()
np.add.at(copy, (slice(None), np.array([0, 0, 2])), 1.0)
put("accumulate", copy)

a, b = sample(3, 1, 4, 2, seed=5), sample(5, 2, 3, seed=6)
put("batched.a", a)
put("batched.b", b)
put("batched", a @ b)
put("matvec", a @ b[0, :, 0])
put("vecmat", b[0, :, 0] @ b)
put("dot", b[0, 0] @ b[0, 1])
put("outer", np.outer(b[0, 0], a[0, 0]))
put("trace", np.trace(b[0]))
put("diag", np.diag(np.array([1.0, 2])))
put("repeat", np.repeat(x, 2, axis=1))
put("repeat.flat", np.repeat(x, 3))
put("transpose", np.transpose(x, (2, 0, 1)))
put("concatenate", np.concatenate([x, x[:, :1]], axis=1))
put("stack", np.stack([x, -x], axis=-1))
put("unique", np.unique(np.array([3.0, 1, 2, 3, 1, np.nan, np.nan])))
put("bincount", np.bincount([0, 3, 3, 1], minlength=6))
put("clip", np.clip(x, -1, 1.5))
put("where", np.where(x > 0, x, -100))
logits = sample(4, 7, scale=3)
logits[2] = [1e30, -1e30, 0, 1, 2, 3, 1e30]
logits[3] = [-np.inf, 0, 1, -np.inf, 2, 1e4, -1e4]
put("logits", logits)
shifted = logits - logits.max(axis=1, keepdims=True)
put("softmax", np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True))
put("logSoftmax", shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
for seed, count in [(0, 10), (521, 50), (42, 1000), (4294967295, 7), (521, 18720)]:
    np.random.seed(seed)
    order = np.arange(count)
    np.random.shuffle(order)
    if count > 100:
        order = np.concatenate([order[:20], order[-20:], [int((order * np.arange(count)).sum())]])
    put(f"shuffle.{seed}.{count}", order)

(pathlib.Path(__file__).parent / "numpy.txt").write_text("".join(lines))
