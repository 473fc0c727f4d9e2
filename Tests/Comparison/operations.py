"""Every operation that the comparison knows: nnsh's form, NumPy's, and PyTorch's where a gradient
passes through it."""

import math

import numpy as np
import torch

from nodes import BOOL, F32, F64, NUMBER, apply, number


def _gelu(x):
    """By erfc, which keeps its digits where 1 + erf would lose them."""
    return 0.5 * x * np.vectorize(math.erfc, otypes=[float])(-x / math.sqrt(2))


def _softmax(x):
    shifted = np.exp(x - np.max(x, -1, keepdims=True))
    return shifted / np.sum(shifted, -1, keepdims=True)


def _sigmoid(x):
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


# name: (NumPy, PyTorch)
ELEMENTWISE = {
    "exp": (np.exp, torch.exp),
    "log": (np.log, torch.log),
    "log1p": (np.log1p, torch.log1p),
    "sqrt": (np.sqrt, torch.sqrt),
    "abs": (np.abs, torch.abs),
    "sign": (np.sign, None),
    "sin": (np.sin, torch.sin),
    "cos": (np.cos, torch.cos),
    "tanh": (np.tanh, torch.tanh),
    "sigmoid": (_sigmoid, torch.sigmoid),
    "gelu": (
        _gelu,
        lambda x: 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))),
    "softplus": (lambda x: np.logaddexp(0, x), lambda x: torch.logaddexp(x, torch.zeros_like(x))),
    "floor": (np.floor, None),
    "ceil": (np.ceil, None),
    "round": (np.round, None),
    "relu": (lambda x: np.maximum(x, 0), torch.relu),
    "isnan": (np.isnan, None),
    "isfinite": (np.isfinite, None),
}
NAMES_OF_NUMBERS = [("2", 2), ("0.5", 0.5), ("-1.5", -1.5), ("3", 3), ("1e-3", 1e-3), ("10", 10)]


class Impossible(Exception):
    """The operation does not fit the operands at hand."""


def need(condition):
    if not condition:
        raise Impossible


def _arithmetic(x):
    """Masks count as numbers in arithmetic."""
    return x.astype(np.float64) if isinstance(x, np.ndarray) and x.dtype == bool else x


def binary(g, depth):
    a, b = g.pair(depth)
    symbol, function, derivative = g.choice([
        ("+", np.add, torch.add), ("-", np.subtract, torch.sub), ("*", np.multiply, torch.mul),
        ("/", np.divide, torch.div)])
    need(a.dtype != BOOL or b.dtype != BOOL)
    need(not (a.dtype == BOOL and a.rank == 0) and not (b.dtype == BOOL and b.rank == 0))
    if g.draw.random() < 0.5:
        a, b = b, a
    return apply(
        f"({a.code} {symbol} {b.code})",
        lambda x, y: function(_arithmetic(x), _arithmetic(y)), [a, b], torch=derivative)


def power(g, depth):
    if g.draw.random() < 0.6:
        a = g.numeric(depth)
        need(not np.isneginf(a.value).any())
        text, exponent = g.choice([("2", 2), ("3", 3), ("0.5", 0.5), ("-1", -1), ("0", 0), ("1", 1)])
        return apply(
            f"({a.code} ^ {text})", lambda x: np.power(x, float(exponent)), [a],
            torch=lambda x: torch.pow(x, float(exponent)))
    a, b = g.pair(depth)
    need(a.dtype != BOOL and b.dtype != BOOL)
    return apply(f"(abs({a.code}) ^ {b.code})", lambda x, y: np.power(np.abs(x), y), [a, b],
                 torch=lambda x, y: torch.pow(torch.abs(x), y))


def remainder(g, depth):
    a, b = g.pair(depth)
    need(a.dtype != BOOL and b.dtype != BOOL)
    # Next to a multiple of the divisor rounding decides everything.
    share = np.abs(a.value / np.where(b.value == 0, 1, b.value))
    need((share < 1000).all() and (np.abs(share - np.round(share)) > 1e-3).all())
    # The sign of a remainder of zero is nobody's matter: + 0 makes it positive.
    return apply(f"({a.code} % {b.code} + 0)", lambda x, y: np.mod(x, y) + 0, [a, b],
                 differentiable=False)


def elementwise(g, depth):
    a = g.numeric(depth)
    name = g.choice(list(ELEMENTWISE))
    need(name != "gelu" or not np.isinf(a.value).any())
    function, derivative = ELEMENTWISE[name]
    return apply(
        f"{name}({a.code})", function, [a], torch=derivative,
        differentiable=derivative is not None)


def negate(g, depth):
    a = g.numeric(depth)
    return apply(f"(-{a.code})", np.negative, [a], torch=torch.neg)


def extremum(g, depth):
    a, b = g.pair(depth)
    need(a.dtype != BOOL and b.dtype != BOOL)
    need(a.rank > 0 or b.rank > 0)
    name, function, derivative = g.choice([
        ("minimum", np.minimum, torch.minimum), ("maximum", np.maximum, torch.maximum)])
    return apply(f"{name}({a.code}, {b.code})", function, [a, b], torch=derivative)


def clip(g, depth):
    a = g.numeric(depth)
    low, high = g.choice([(-1, 1), (0, 2), (-0.5, 0.25)])
    return apply(f"clip({a.code}, {low}, {high})", lambda x: np.clip(x, low, high), [a],
                 torch=lambda x: torch.clamp(x, low, high))


def compare(g, depth):
    a, b = g.pair(depth)
    need(a.dtype != BOOL and b.dtype != BOOL)
    symbol, function = g.choice([
        ("<", np.less), ("<=", np.less_equal), (">", np.greater), (">=", np.greater_equal),
        ("==", np.equal), ("!=", np.not_equal)])
    return apply(f"({a.code} {symbol} {b.code})", function, [a, b], differentiable=False)


def where(g, depth):
    mask = g.mask(depth)
    a, b = g.pair(depth)
    np.broadcast_shapes(mask.shape, a.shape, b.shape)
    need(a.dtype != BOOL and b.dtype != BOOL)
    return apply(
        f"where({mask.code}, {a.code}, {b.code})", np.where, [mask, a, b],
        torch=lambda m, x, y: torch.where(m, x, y))


def masked(g, depth):
    a = g.numeric(depth)
    mask = g.mask_like(a)
    need(a.rank > 0)
    return apply(f"{a.code}[{mask.code}]", lambda x, m: x[m], [a, mask],
                 torch=lambda x, m: x[m])


def logic(g, depth):
    m = g.mask(depth)
    need(m.rank > 0)
    name, function = g.choice([("any", np.any), ("all", np.all)])
    axis = g.axis(m)
    if axis is None:
        return apply(f"{name}({m.code})", function, [m], differentiable=False)
    return apply(
        f"{name}({m.code}, axis={axis})", lambda x: function(x, axis=axis), [m],
        differentiable=False)


def count_true(g, depth):
    m = g.mask(depth)
    need(m.rank > 0)
    return apply(f"sum({m.code})", lambda x: np.sum(x.astype(float)), [m], differentiable=False)


REDUCTIONS = {
    "sum": (np.sum, lambda x, axis, keep: torch.sum(x, dim=axis, keepdim=keep)),
    "mean": (np.mean, lambda x, axis, keep: torch.mean(x, dim=axis, keepdim=keep)),
    "var": (np.var, lambda x, axis, keep: torch.var(x, dim=axis, keepdim=keep, correction=0)),
    "std": (np.std, lambda x, axis, keep: torch.std(x, dim=axis, keepdim=keep, correction=0)),
    "min": (np.min, lambda x, axis, keep: torch.amin(x, dim=axis, keepdim=keep)),
    "max": (np.max, lambda x, axis, keep: torch.amax(x, dim=axis, keepdim=keep)),
    "prod": (np.prod, lambda x, axis, keep: torch_prod(x, axis, keep)),
    "norm": (
        lambda x, axis=None, keepdims=False: np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims)),
        lambda x, axis, keep: torch.linalg.vector_norm(x, dim=axis, keepdim=keep)),
}


def torch_prod(x, axis, keep):
    if len(axis) == x.ndim:
        product = torch.prod(x.reshape(-1))
        return product.reshape([1] * x.ndim) if keep else product
    return torch.prod(x, dim=axis[0], keepdim=keep)


def reduction(g, depth):
    a = g.numeric(depth)
    need(a.rank > 0)
    need(a.value.size > 0)
    name = g.choice(list(REDUCTIONS))
    function, derivative = REDUCTIONS[name]
    axis = g.axis(a)
    keep = g.draw.random() < 0.3
    options = "" if axis is None else f", axis={axis}"
    options += ", keepdims=true" if keep else ""
    axes = tuple(range(a.rank)) if axis is None else (axis,)
    return apply(
        f"{name}({a.code}{options})",
        lambda x: function(x, axis=None if axis is None else axis, keepdims=keep), [a],
        torch=lambda x: derivative(x, axes, keep))


def cumulative(g, depth):
    a = g.numeric(depth)
    need(a.rank > 0)
    axis = g.axis(a)
    if axis is None:
        return apply(f"cumsum({a.code})", np.cumsum, [a],
                     torch=lambda x: torch.cumsum(x.reshape(-1), 0))
    return apply(f"cumsum({a.code}, axis={axis})", lambda x: np.cumsum(x, axis=axis), [a],
                 torch=lambda x: torch.cumsum(x, axis))


def place(g, depth):
    a = g.numeric(depth)
    need(a.rank > 0 and a.value.size > 0)
    name, function = g.choice([("argmax", np.argmax), ("argmin", np.argmin)])
    axis = g.axis(a)
    if axis is None:
        return apply(f"{name}({a.code})", function, [a], differentiable=False)
    return apply(f"{name}({a.code}, axis={axis})", lambda x: function(x, axis=axis), [a],
                 dtype=F32, differentiable=False)


def order(g, depth):
    a = g.numeric(depth)
    need(a.rank > 0)
    axis = int(g.draw.integers(-a.rank, a.rank))
    if g.draw.random() < 0.6:
        return apply(f"sort({a.code}, axis={axis})", lambda x: np.sort(x, axis=axis), [a],
                     torch=lambda x: torch.sort(x, dim=axis, stable=True).values)
    return apply(
        f"argsort({a.code}, axis={axis})", lambda x: np.argsort(x, axis=axis, kind="stable"), [a],
        dtype=F32, differentiable=False)


def distinct(g, depth):
    a = g.numeric(depth)
    need(a.rank > 0 and np.isfinite(a.value).all())
    return apply(f"unique({a.code})", np.unique, [a], differentiable=False)


def reshape(g, depth):
    a = g.numeric(depth)
    need(a.rank > 0)
    kind = g.choice(["flatten", "rows", "columns", "transpose", "reversed", "squeeze", "expand"])
    if kind == "flatten":
        return apply(f"flatten({a.code})", np.ravel, [a], torch=lambda x: x.reshape(-1))
    if kind == "rows":
        need(a.value.size > 0)
        return apply(f"reshape({a.code}, {a.shape[0]}, -1)",
                     lambda x: np.reshape(x, (x.shape[0], -1)), [a],
                     torch=lambda x: x.reshape(x.shape[0], -1))
    if kind == "columns":
        need(a.value.size > 0)
        return apply(f"reshape({a.code}, -1, 1)", lambda x: np.reshape(x, (-1, 1)), [a],
                     torch=lambda x: x.reshape(-1, 1))
    if kind == "transpose":
        need(a.rank == 2)
        return apply(f"{a.code}'", np.transpose, [a], torch=lambda x: x.transpose(0, 1))
    if kind == "reversed":
        axes = [int(i) for i in g.draw.permutation(a.rank)]
        return apply(f"transpose({a.code}, {axes})", lambda x: np.transpose(x, axes), [a],
                     torch=lambda x: x.permute(axes))
    if kind == "squeeze":
        need(1 in a.shape)
        return apply(f"squeeze({a.code})", np.squeeze, [a], torch=torch.squeeze)
    axis = int(g.draw.integers(-a.rank - 1, a.rank + 1))
    need(a.rank < 4)
    return apply(f"expand_dims({a.code}, {axis})", lambda x: np.expand_dims(x, axis), [a],
                 torch=lambda x: torch.unsqueeze(x, axis))


def join(g, depth):
    a = g.numeric(depth)
    need(a.rank > 0)
    axis = int(g.draw.integers(-a.rank, a.rank))
    b = g.like(a, depth)
    parts = f"[{a.code}, {b.code}]"
    if g.draw.random() < 0.5:
        return apply(f"concat({parts}, axis={axis})",
                     lambda x, y: np.concatenate([x, y], axis=axis), [a, b],
                     torch=lambda x, y: torch.cat(g.common(x, y), dim=axis))
    return apply(f"stack({parts}, axis={axis})", lambda x, y: np.stack([x, y], axis=axis), [a, b],
                 torch=lambda x, y: torch.stack(g.common(x, y), dim=axis))


def repeat(g, depth):
    a = g.numeric(depth)
    need(a.rank > 0)
    axis = g.axis(a)
    count = int(g.draw.integers(1, 4))
    if axis is None:
        return apply(f"repeat({a.code}, {count})", lambda x: np.repeat(x, count), [a],
                     torch=lambda x: torch.repeat_interleave(x.reshape(-1), count))
    return apply(f"repeat({a.code}, {count}, axis={axis})",
                 lambda x: np.repeat(x, count, axis=axis), [a],
                 torch=lambda x: torch.repeat_interleave(x, count, dim=axis))


def product(g, depth):
    a = g.numeric(depth)
    need(a.rank >= 1)
    for _ in range(8):
        b = g.numeric(0)
        try:
            return apply(f"({a.code} @ {b.code})", np.matmul, [a, b], torch=torch_matmul)
        except ValueError:
            continue
    b = apply(f"transpose({a.code})", np.transpose, [a],
              torch=lambda x: x.permute(*reversed(range(x.ndim))))
    need(a.rank == 2)
    return apply(f"({a.code} @ {b.code})", np.matmul, [a, b], torch=torch_matmul)


def torch_matmul(a, b):
    dtype = torch.promote_types(a.dtype, b.dtype)
    return torch.matmul(a.to(dtype), b.to(dtype))


def vectors(g, depth):
    a, b = g.numeric(depth), g.numeric(0)
    need(a.rank == 1 and b.rank == 1)
    if g.draw.random() < 0.5:
        return apply(f"outer({a.code}, {b.code})", np.outer, [a, b],
                     torch=lambda x, y: torch.outer(*g.common(x, y)))
    need(a.shape == b.shape)
    return apply(f"dot({a.code}, {b.code})", np.dot, [a, b],
                 torch=lambda x, y: torch.dot(*g.common(x, y)))


def diagonal(g, depth):
    a = g.numeric(depth)
    if a.rank == 1:
        need(a.value.size < 12)
        return apply(f"diag({a.code})", np.diag, [a], torch=torch.diag)
    need(a.rank == 2 and a.shape[0] == a.shape[1])
    if g.draw.random() < 0.5:
        return apply(f"diag({a.code})", np.diag, [a], torch=torch.diag)
    return apply(f"trace({a.code})", np.trace, [a], torch=torch.trace)


def softmax(g, depth):
    a = g.numeric(depth)
    need(a.rank > 0 and a.value.size > 0)
    return apply(f"softmax({a.code})", _softmax, [a], torch=lambda x: torch.softmax(x, -1))


def one_hot(g, depth):
    count = int(g.draw.integers(1, 5))
    labels = [int(k) for k in g.draw.integers(0, 4, count)]
    return apply(f"one_hot({labels}, 4)", lambda: np.eye(4)[labels], [], dtype=F32,
                 differentiable=True, torch=lambda: torch.eye(4, dtype=torch.float64)[labels])


def subscript(g, axis_size):
    """One subscript of an axis: nnsh's text and NumPy's index."""
    kind = g.choice(["all", "number", "slice", "step", "backwards", "tail"])
    if kind == "all" or axis_size == 0:
        return ":", slice(None)
    if kind == "number":
        i = int(g.draw.integers(-axis_size, axis_size))
        return str(i), i
    if kind == "slice":
        i, j = sorted(int(k) for k in g.draw.integers(0, axis_size + 1, 2))
        return f"{i}:{j}", slice(i, j)
    if kind == "step":
        i, step = int(g.draw.integers(0, axis_size)), int(g.draw.integers(1, 4))
        return f"{i}::{step}", slice(i, None, step)
    if kind == "tail":
        i = int(g.draw.integers(1, axis_size + 1))
        return f"-{i}:", slice(-i, None)
    return "::-1", slice(None, None, -1)


def torch_index(subscripts):
    """PyTorch has no negative steps: the axes are flipped first."""
    def take(x):
        flips, taken = [], []
        for axis, item in enumerate(subscripts):
            if isinstance(item, slice) and item.step == -1:
                flips.append(axis)
                item = slice(None)
            taken.append(item)
        return torch.flip(x, flips)[tuple(taken)] if flips else x[tuple(taken)]
    return take


def slices(g, depth):
    a = g.numeric(depth)
    need(a.rank > 0)
    pairs = [subscript(g, size) for size in a.shape[: int(g.draw.integers(1, a.rank + 1))]]
    index = tuple(pair[1] for pair in pairs)
    return apply(f"{a.code}[{', '.join(pair[0] for pair in pairs)}]", lambda x: x[index], [a],
                 torch=torch_index(index))


def places(g, depth):
    a = g.numeric(depth)
    need(a.rank > 0 and a.shape[0] > 0)
    index = [int(i) for i in g.draw.integers(-a.shape[0], a.shape[0], int(g.draw.integers(1, 5)))]
    if a.rank > 1 and g.draw.random() < 0.4:
        need(a.shape[1] > 0)
        index = [int(i) for i in g.draw.integers(-a.shape[1], a.shape[1], 3)]
        return apply(f"{a.code}[:, {index}]", lambda x: x[:, index], [a],
                     torch=lambda x: x[:, index])
    return apply(f"{a.code}[{index}]", lambda x: x[index], [a], torch=lambda x: x[index])


def assigned(g, depth):
    """A function that copies its argument and writes into a part of it."""
    a = g.numeric(depth)
    need(a.rank > 0 and a.value.size > 0)
    pairs = [subscript(g, size) for size in a.shape[: int(g.draw.integers(1, a.rank + 1))]]
    index = tuple(pair[1] for pair in pairs)
    text = ", ".join(pair[0] for pair in pairs)
    operator = g.choice(["=", "+=", "*="])
    name = g.fresh("f")
    amount, factor = g.choice([("2", 2.0), ("0.5", 0.5), ("-3", -3.0)])

    def write(x):
        y = x.copy() if isinstance(x, np.ndarray) else np.array(x)
        if operator == "=":
            y[index] = factor
        elif operator == "+=":
            y[index] += factor
        else:
            y[index] *= factor
        return y

    def torch_write(x):
        keep = torch.ones(x.shape, dtype=torch.float64)
        keep_np = keep.numpy()
        keep_np[index] = 0
        keep = torch.from_numpy(keep_np)
        if operator == "=":
            return x * keep + factor * (1 - keep)
        if operator == "+=":
            return x + factor * (1 - keep)
        return x * keep + factor * x * (1 - keep)

    statement = f"fn {name}(t) {{ t[{text}] {operator} {amount}; return t }}"
    return apply(f"{name}({a.code})", write, [a], torch=torch_write, before=(statement,))


def through_function(g, depth):
    a, b = g.pair(depth)
    need(a.dtype != BOOL and b.dtype != BOOL)
    name = g.fresh("f")
    statement = f"fn {name}(p, q=1) = p * p - q / 2"
    return apply(f"{name}({a.code}, q={b.code})", lambda p, q: p * p - q / 2, [a, b],
                 torch=lambda p, q: p * p - q / 2, before=(statement,))


def loop(g, depth):
    a = g.numeric(depth)
    name = g.fresh("f")
    turns = int(g.draw.integers(1, 4))
    statement = (f"fn {name}(t) {{ s = t * 0; for i in 1...{turns} {{ s = s / 2 + t * i }}; "
                 "return s }")

    def run(x):
        s = x * 0
        for i in range(1, turns + 1):
            s = s / 2 + x * i
        return s

    return apply(f"{name}({a.code})", run, [a], torch=run, before=(statement,))


def chosen(g, depth):
    m = g.mask(depth)
    need(m.rank > 0)
    a, b = g.pair(depth)
    need(a.dtype != BOOL and b.dtype != BOOL and a.shape == b.shape and a.dtype == b.dtype)
    code = f"(if any({m.code}) {{ {a.code} }} else {{ {b.code} }})"
    return apply(code, lambda mask, x, y: x if np.any(mask) else y, [m, a, b],
                 torch=lambda mask, x, y: x if bool(mask.any()) else y)


def converted(g, depth):
    a = g.numeric(depth)
    need(a.rank > 0)
    return apply(f"f64({a.code})", lambda x: x, [a], dtype=F64, torch=lambda x: x.double())


def mapped(g, depth):
    a = g.numeric(depth)
    need(a.rank == 2 and a.value.size > 0)
    return apply(f"stack(map(r -> r * 2 - sum(r), {a.code}))",
                 lambda x: x * 2 - x.sum(1, keepdims=True), [a],
                 torch=lambda x: x * 2 - x.sum(1, keepdim=True))


def loss(g, depth):
    a = g.numeric(depth)
    need(a.rank > 0 and a.value.size > 0)
    b = g.like(a, 0)
    return apply(f"mse({a.code}, {b.code})", lambda x, y: np.mean((x - y) ** 2), [a, b],
                 torch=lambda x, y: torch.mean((x - y) ** 2))


def cross_entropy(g, depth):
    a = g.numeric(depth)
    need(a.rank == 2 and a.value.size > 0 and a.shape[1] > 1)
    need(not np.isinf(a.value).any())
    rows, classes = a.shape
    labels = [int(k) for k in g.draw.integers(0, classes, rows)]
    target = np.eye(classes)[labels]
    name = g.choice(["cross_entropy", "averageCE"])
    over = rows if name == "cross_entropy" else rows * classes

    def value(x):
        shifted = x - np.max(x, 1, keepdims=True)
        logarithm = shifted - np.log(np.sum(np.exp(shifted), 1, keepdims=True))
        # A probability of 0 counts nothing where the target is 0.
        return -np.sum(np.where(target > 0, logarithm, np.where(np.isnan(x), x, 0))) / over

    return apply(
        f"{name}(one_hot({labels}, {classes}), softmax({a.code}))", value, [a],
        torch=lambda x: -torch.sum(torch.from_numpy(target) * torch.log_softmax(x.double(), 1)) / over)


# Each with its weight.
VALUES = [
    (binary, 8), (power, 2), (remainder, 1), (elementwise, 6), (negate, 1), (extremum, 2),
    (clip, 1), (where, 2), (masked, 1), (reduction, 6), (cumulative, 1), (place, 1), (order, 2),
    (distinct, 1), (reshape, 4), (join, 2), (repeat, 1), (product, 4), (vectors, 2), (diagonal, 1),
    (softmax, 1), (one_hot, 0.5), (slices, 3), (places, 2), (assigned, 2), (through_function, 2),
    (loop, 1), (chosen, 1), (converted, 0.5), (mapped, 1), (loss, 1), (cross_entropy, 1),
    (compare, 1), (logic, 0.5), (count_true, 0.5),
]
