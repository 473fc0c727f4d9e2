"""An expression in two languages: its nnsh text, and the NumPy or PyTorch function of its operands.

A reference value alone says nothing about how far nnsh may be from it. So an expression is
evaluated several times: once with each step rounded as nnsh's element type rounds it, and a few
times with random rounding errors of that type's size put on every inexact step. What differs
between these runs is how much rounding alone can change the result, and the result of nnsh may
differ by a multiple of that. Where rounding alone turns a comparison or a rank, the case is skipped.
"""

from dataclasses import dataclass, field
from typing import Callable

import numpy as np

F32, F64, BOOL, NUMBER = "f32", "f64", "bool", "number"
ROUNDING = {F32: 2.0**-24, F64: 2.0**-53, NUMBER: 2.0**-53, BOOL: 0.0}


@dataclass
class Node:
    """A part of an expression; `code` is nnsh's text, complete in itself."""

    code: str
    function: Callable | None
    children: list = field(default_factory=list)
    # The element type of a tensor result; of a 0-d result, a number's.
    dtype: str = F32
    # The reference value, float64 (or bool), rounded to the element type.
    value: np.ndarray | None = None
    # The relative rounding error of a step: a number made from Float32 elements keeps theirs.
    rounding: float = ROUNDING[F32]
    # The same function of PyTorch tensors; None where the operation has no derivative here.
    torch: Callable | None = None
    # Nodes that stand in the text as variables.
    name: str | None = None
    # Statements that must run before the expression (functions, assignments).
    before: tuple = ()
    # The case is compared only where its values are tame (no NaN, no infinity).
    differentiable: bool = True

    @property
    def shape(self):
        return np.shape(self.value)

    @property
    def rank(self):
        return np.ndim(self.value)


def rounded(value, dtype):
    """The value as an element of the type, in float64."""
    value = np.asarray(value)
    if value.dtype == bool:
        return value
    value = value.astype(np.float64)
    if dtype == F32:
        with np.errstate(all="ignore"):
            return value.astype(np.float32).astype(np.float64)
    return value


def apply(code, function, children, dtype=None, torch=None, before=(), differentiable=True):
    """A node of an operation; raises what NumPy raises."""
    value = np.asarray(function(*[child.value for child in children]))
    tensors = [child.dtype for child in children if child.rank > 0]
    if dtype is None:
        if value.dtype == bool:
            dtype = BOOL
        elif F64 in tensors:
            dtype = F64
        elif tensors:
            dtype = F32
        else:
            dtype = NUMBER
    inexact = [child.rounding for child in children]
    if np.ndim(value) == 0 and dtype != BOOL:
        dtype = NUMBER
    rounding = max(inexact + [ROUNDING[dtype] if np.ndim(value) else 0.0])
    value = value if dtype == BOOL else rounded(value, dtype)
    statements = tuple(dict.fromkeys(s for child in children for s in child.before)) + before
    usable = differentiable and all(child.differentiable for child in children)
    return Node(
        code, function, list(children), dtype, value, rounding, torch, None, statements, usable)


def leaf(name, value, dtype):
    exact = rounded(value, dtype)
    return Node(name, None, [], dtype, exact, ROUNDING[dtype], name=name)


def number(text, value):
    return Node(text, None, [], NUMBER, np.asarray(float(value)), 0.0)


def disturbed(node, draw, memo, variables=False):
    """The node's value with random rounding errors on every inexact step, and, where `variables`,
    on the variables too: what sums that cancel can lose."""
    known = memo.get(id(node))
    if known is not None:
        return known
    if node.function is None:
        value = node.value
        if variables and node.name is not None and node.dtype != BOOL:
            value = value * (1 + node.rounding * draw.uniform(-1, 1, value.shape))
        if node.name is None:
            # A number beside a Float32 tensor takes its type.
            noise = 1 + ROUNDING[F32] * draw.uniform(-1, 1)
            value = np.where(rounded(value, F32) != value, value * noise, value)
    else:
        value = np.asarray(node.function(*[disturbed(c, draw, memo, variables) for c in node.children]))
        if value.dtype != bool:
            value = value.astype(np.float64)
            if node.rounding > 0:
                # Sums of n terms err by about √n roundings; four of them cover short sums.
                noise = 1 + 4 * node.rounding * draw.uniform(-1, 1, value.shape)
                with np.errstate(all="ignore"):
                    inexact = rounded(value, F32 if node.rounding > 1e-12 else F64) != value
                    if node.rounding <= 1e-12:
                        inexact = value != np.round(value)
                    value = np.where(inexact, value * noise, value)
    memo[id(node)] = value
    return value


def discontinuous(value, node):
    """Whether a value is too far from the node's for rounding to be the cause by itself."""
    if node.dtype == BOOL:
        return bool((value != node.value).any())
    with np.errstate(all="ignore"):
        if (np.isnan(value) != np.isnan(node.value)).any():
            return True
        scale = np.max(np.abs(node.value), initial=0, where=np.isfinite(node.value))
        apart = np.where(value == node.value, 0, np.abs(value - node.value))
        limit = 1e-3 if node.rounding > 1e-12 else 1e-9
        return bool((apart > limit * (scale + 1e-30)).any())


def tolerance(node, draw, runs=3):
    """How far a right result may be from `node.value`, elementwise; None where rounding decides
    the result's shape, a comparison or whether it is finite."""
    values = []
    for _ in range(runs):
        try:
            value = disturbed(node, draw, {})
            other = disturbed(node, draw, {}, variables=True)
        except (ValueError, IndexError, ZeroDivisionError):
            return None
        if np.shape(value) != node.shape:
            return None
        values.append(value)
        # Equal elements of the variables may part then, which is no reason to skip the case.
        if np.shape(other) == node.shape and not discontinuous(other, node):
            values.append(other)
    if node.dtype == BOOL:
        return None if any((v != node.value).any() for v in values) else np.zeros(node.shape)
    reference = node.value
    allowed = np.zeros(node.shape)
    with np.errstate(all="ignore"):
        for value in values:
            if (np.isnan(value) != np.isnan(reference)).any():
                return None
            apart = np.where(value == reference, 0, np.abs(value - reference))
            if not np.isfinite(apart[~np.isnan(value)]).all():
                return None
            allowed = np.maximum(allowed, np.where(np.isnan(apart), 0, apart))
    finite = reference[np.isfinite(reference)] if node.rank else reference
    scale = np.max(np.abs(finite)) if np.size(finite) else 0.0
    if not np.isfinite(scale):
        scale = 0.0
    # A jump: rounding errors of one part in ten million may not move the result by a thousandth.
    if (allowed > 1e-3 * (scale + 1e-30)).any() and node.rounding > 1e-12:
        return None
    if (allowed > 1e-9 * (scale + 1e-30)).any() and node.rounding <= 1e-12:
        return None
    smallest = 1e-37 if node.rounding > 1e-12 else 1e-300
    return 20 * allowed + 16 * node.rounding * np.abs(np.where(np.isfinite(reference), reference, 0)) + 8 * node.rounding * scale * 0.25 + smallest
