"""Random expressions, seeded: the same seed gives the same cases everywhere."""

import warnings

import numpy as np
import torch

from nodes import BOOL, F32, F64, apply, leaf, number
from operations import NAMES_OF_NUMBERS, VALUES, Impossible

warnings.filterwarnings("ignore")

SHAPES = [
    (3, 4), (3, 4), (4,), (3, 1), (1, 4), (1,), (2, 3, 4), (4, 4), (1, 1), (4, 3), (3,), (4, 1),
    (2, 1, 4), (5, 1), (5,), (5, 2), (2, 5), (1, 3, 1)]


class Generator:
    """Draws expressions over its own variables."""

    def __init__(self, seed, smooth=False):
        self.draw = np.random.default_rng(seed)
        self.smooth = smooth
        self.counter = 0
        self.leaves = []
        for position, shape in enumerate(SHAPES):
            kind = position % 4
            dtype = F64 if position % 5 == 4 else F32
            if kind == 3 and not smooth:
                value = self.draw.integers(-3, 4, shape).astype(float)
            elif kind == 2:
                value = self.draw.uniform(0.1, 2, shape)
            else:
                value = self.draw.standard_normal(shape)
            self.leaves.append(leaf(f"v{position}", value, dtype))
        if not smooth:
            self.leaves.append(leaf("empty", np.zeros((0, 4)), F32))
            odd = np.array([1.0, np.nan, -np.inf, np.inf, 0.0])
            self.leaves.append(leaf("odd", odd, F32))
        self.arrays = {
            item.name: item.value.astype(np.float32 if item.dtype == F32 else np.float64)
            for item in self.leaves}
        self.operations = [operation for operation, _ in VALUES]
        weights = np.array([weight for _, weight in VALUES], float)
        self.weights = weights / weights.sum()

    def choice(self, items):
        return items[int(self.draw.integers(0, len(items)))]

    def fresh(self, prefix):
        self.counter += 1
        return f"{prefix}_{self.counter}"

    def common(self, *tensors):
        """The tensors in their common element type, which PyTorch does not choose by itself."""
        dtype = tensors[0].dtype
        for tensor in tensors[1:]:
            dtype = torch.promote_types(dtype, tensor.dtype)
        return [tensor.to(dtype) for tensor in tensors]

    def view(self):
        """A variable, at times through a view of it: what has unusual strides."""
        item = self.choice(self.leaves)
        if item.name in ("empty", "odd") and self.draw.random() < 0.8:
            item = self.choice(self.leaves[: len(SHAPES)])
        kind = self.draw.random()
        if kind < 0.1 and item.rank == 2:
            return apply(f"{item.code}'", np.transpose, [item], torch=lambda x: x.transpose(0, 1))
        if kind < 0.2 and item.rank > 0:
            return apply(f"{item.code}[::-1]", lambda x: x[::-1], [item],
                         torch=lambda x: torch.flip(x, [0]))
        if kind < 0.25 and item.rank == 2 and item.shape[1] > 1:
            return apply(f"{item.code}[:, ::2]", lambda x: x[:, ::2], [item],
                         torch=lambda x: x[:, ::2])
        return item

    def any(self, depth):
        if depth <= 0:
            return self.view()
        for _ in range(20):
            operation = self.operations[self.draw.choice(len(self.operations), p=self.weights)]
            try:
                node = operation(self, depth - 1 - int(self.draw.integers(0, 2)))
            except (Impossible, ValueError, IndexError):
                continue
            if node.value.size <= 400 and node.rank <= 4:
                return node
        return self.view()

    def numeric(self, depth):
        for _ in range(10):
            node = self.any(depth)
            if node.dtype != BOOL:
                return node
        return self.view()

    def pair(self, depth):
        """Two operands that broadcast."""
        a = self.numeric(depth)
        if self.draw.random() < 0.25:
            return a, number(*self.choice(NAMES_OF_NUMBERS))
        for attempt in range(12):
            b = self.numeric(depth if attempt < 3 else 0)
            try:
                np.broadcast_shapes(a.shape, b.shape)
                return a, b
            except ValueError:
                continue
        return a, number(*self.choice(NAMES_OF_NUMBERS))

    def like(self, a, depth):
        """An operand of a's shape."""
        for attempt in range(6):
            b = self.numeric(depth if attempt < 2 else 0)
            if b.shape == a.shape and b.dtype == a.dtype:
                return b
        return apply(f"({a.code} + 1)", lambda x: x + 1, [a], torch=lambda x: x + 1)

    def mask(self, depth):
        a = self.numeric(depth)
        text, value = self.choice(NAMES_OF_NUMBERS + [("0", 0)])
        return apply(f"({a.code} > {text})", lambda x: np.greater(x, value), [a],
                     torch=lambda x: x > value)

    def mask_like(self, a):
        return apply(f"({a.code} < 0.5)", lambda x: np.less(x, 0.5), [a],
                     torch=lambda x: x < 0.5)

    def axis(self, a):
        if self.draw.random() < 0.3:
            return None
        return int(self.draw.integers(-a.rank, a.rank))

    def expression(self, depth=4):
        return self.any(int(self.draw.integers(1, depth + 1)))

    def loss(self, depth=4):
        """A differentiable number of at least one Float64 or Float32 variable."""
        while True:
            node = self.any(int(self.draw.integers(1, depth + 1)))
            if not node.differentiable or node.dtype == BOOL or not np.isfinite(node.value).all():
                continue
            if node.rank > 0:
                inner = node
                kind = self.choice(["sum", "mean", "weighted"])
                if kind == "sum":
                    node = apply(f"sum({inner.code})", np.sum, [inner], torch=torch.sum)
                elif kind == "mean":
                    if not inner.value.size:
                        continue
                    node = apply(f"mean({inner.code})", np.mean, [inner], torch=torch.mean)
                else:
                    node = apply(
                        f"sum({inner.code} * {inner.code})", lambda x: np.sum(x * x), [inner],
                        torch=lambda x: torch.sum(x * x))
            if variables(node):
                return node


def variables(node):
    """The variables that an expression uses."""
    found, seen, waiting = {}, set(), [node]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if part.name is not None:
            found[part.name] = part
        waiting.extend(part.children)
    return found
