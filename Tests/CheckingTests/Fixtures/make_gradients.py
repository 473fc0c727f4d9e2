"""Writes gradients.json: generated losses with their values and gradients as PyTorch gives them.

Run with PyTorch installed: python3 make_gradients.py. Each loss is written twice by the same walk
through a small grammar, once in nns and once for PyTorch, in Float64; the test needs no Python.
"""

import json
import pathlib
import random

import torch
import torch.nn.functional as F

torch.manual_seed(20)
torch.set_default_dtype(torch.float64)
draw = random.Random(20)

SHAPES = {"A": (3, 4), "B": (4, 2), "C": (3, 4), "S": (4, 4), "v": (4,), "w": (3,), "c": (3, 1)}
inputs = {name: torch.randn(shape).round(decimals=4) for name, shape in SHAPES.items()}


def leaf(shape):
    names = [name for name, known in SHAPES.items() if known == shape]
    if not names:
        return product(shape, 0)
    name = draw.choice(names)
    return name, name


def product(shape, depth):
    """A matrix product of the shape rows × columns."""
    rows, columns = shape
    inner = draw.choice([3, 4] if (rows, columns) != (3, 1) else [4])
    left = matrix((rows, inner), depth)
    right = matrix((inner, columns), depth)
    return f"({left[0]} @ {right[0]})", f"({left[1]} @ {right[1]})"


def matrix(shape, depth):
    """An expression of a shape: a leaf, turned where only the turned one is there."""
    if shape in SHAPES.values():
        return expression(shape, depth)
    if shape[::-1] in SHAPES.values():
        a = expression(shape[::-1], depth)
        return f"{a[0]}'" if a[0].isalnum() else f"({a[0]})'", f"({a[1]}).T"
    name = {3: "w", 4: "v"}
    if shape[0] in name and shape[1] in name:
        return f"outer({name[shape[0]]}, {name[shape[1]]})", f"torch.outer({name[shape[0]]}, {name[shape[1]]})"
    if shape == (3, 2):
        return "(A @ B)", "(A @ B)"
    if shape == (2, 3):
        return "(A @ B)'", "(A @ B).T"
    if shape == (4, 1):
        return "expand_dims(v, 1)", "v[:, None]"
    if shape == (1, 4):
        return "expand_dims(v, 0)", "v[None]"
    raise ValueError(shape)


UNARY = [
    ("sin({})", "torch.sin({})"), ("cos({})", "torch.cos({})"), ("tanh({})", "torch.tanh({})"),
    ("sigmoid({})", "torch.sigmoid({})"), ("exp(0.3 * {})", "torch.exp(0.3 * {})"),
    ("softplus({})", "F.softplus({})"), ("gelu({})", "F.gelu({})"), ("abs({})", "torch.abs({})"),
    ("relu({})", "torch.relu({})"), ("sqrt(({})^2 + 1)", "torch.sqrt(({})**2 + 1)"),
    ("log(({})^2 + 0.5)", "torch.log(({})**2 + 0.5)"), ("(({})^3)", "(({})**3)"), ("(-{})", "(-{})"),
    ("log1p(({})^2)", "torch.log1p(({})**2)"), ("clip({}, -1, 1)", "torch.clamp({}, -1, 1)"),
    ("(1 / (2 + ({})^2))", "(1 / (2 + ({})**2))"), ("(2 - {})", "(2 - {})"),
    ("softmax({})", "torch.softmax({}, -1)"),
]
BINARY = [
    ("({} + {})", "({} + {})"), ("({} - {})", "({} - {})"), ("({} * {})", "({} * {})"),
    ("({} / (1 + ({})^2))", "({} / (1 + ({})**2))"),
    ("maximum({}, {})", "torch.maximum({}, {})"), ("minimum({}, {})", "torch.minimum({}, {})"),
    ("where({0} > 0, {0} * {1}, {1})", "torch.where({0} > 0, {0} * {1}, {1})"),
    ("((1 + ({})^2)^(0.5 * {}))", "((1 + ({})**2)**(0.5 * {}))"),
]


def expression(shape, depth):
    if depth <= 0:
        return leaf(shape)
    kind = draw.random()
    if kind < 0.3:
        a, form = expression(shape, depth - 1), draw.choice(UNARY)
        return form[0].format(a[0]), form[1].format(a[1])
    if kind < 0.55 or len(shape) == 1:
        a, b, form = expression(shape, depth - 1), expression(shape, depth - 1), draw.choice(BINARY)
        return form[0].format(a[0], b[0]), form[1].format(a[1], b[1])
    if kind < 0.7:
        return product(shape, depth - 2)
    if kind < 0.85 and shape == (3, 4):
        a = expression(shape, depth - 1)
        b = expression(draw.choice([(4,), (3, 1)]), depth - 2)
        form = draw.choice(BINARY[:4])
        return form[0].format(a[0], b[0]), form[1].format(a[1], b[1])
    a, axis = expression(shape, depth - 1), draw.randrange(2)
    form = draw.choice([
        ("({0} - mean({0}, axis={1}, keepdims=true))", "({0} - torch.mean({0}, {1}, keepdim=True))"),
        ("({0} * sum({0}, axis={1}, keepdims=true))", "({0} * torch.sum({0}, {1}, keepdim=True))"),
        ("({0} - max({0}, axis={1}, keepdims=true))", "({0} - torch.amax({0}, {1}, keepdim=True))"),
        ("({0} / (1 + norm({0}, axis={1}, keepdims=true)))",
         "({0} / (1 + torch.linalg.vector_norm({0}, dim={1}, keepdim=True)))"),
        ("cumsum({0}, axis={1})", "torch.cumsum({0}, {1})"),
        ("concat([{0}[1:], {0}[0:1]], axis=0)", "torch.cat([{0}[1:], {0}[0:1]], 0)"),
        ("reshape(reshape({0}, %d), %d, %d)" % (shape[0] * shape[1], *shape),
         "{0}.reshape(-1).reshape(%d, %d)" % shape),
        ("sum(stack([{0}, sin({0})], axis=1), axis=1)", "torch.stack([{0}, torch.sin({0})], 1).sum(1)"),
    ])
    return form[0].format(a[0], axis), form[1].format(a[1], axis)


REDUCTIONS = [
    ("sum({})", "torch.sum({})"), ("mean({})", "torch.mean({})"), ("mean(({})^2)", "torch.mean(({})**2)"),
    ("sum(sin({}))", "torch.sum(torch.sin({}))"), ("max({})", "torch.amax({}) "),
    ("norm({})", "torch.linalg.vector_norm({})"), ("sum(var({}, axis=0))", "torch.sum(torch.var({}, 0, correction=0))"),
    ("sum({}[1:])", "torch.sum({}[1:])"), ("sum({0}[{0} > 0])", "torch.sum({0}[{0} > 0])"),
    ("{}[-1, 0]", "{}[-1, 0]"), ("log(sum(exp({})))", "torch.log(torch.sum(torch.exp({})))"),
    ("sum({}[[0, 2, 0]])", "torch.sum({}[[0, 2, 0]])"),
]

cases = []


def add(setup, loss, torch_setup, torch_loss):
    names = [name for name in inputs if name in loss + setup]
    variables = {name: value.clone().requires_grad_() for name, value in inputs.items()}
    scope = {"torch": torch, "F": F, **variables}
    exec(torch_setup, scope)
    value = eval(torch_loss, scope)
    if value.ndim != 0 or not torch.isfinite(value) or not value.requires_grad:
        return False
    gradients = torch.autograd.grad(value, list(variables.values()), allow_unused=True)
    found = {name: g for name, g in zip(variables, gradients) if g is not None}
    if not found or not all(torch.isfinite(g).all() and g.abs().max() < 1e4 for g in found.values()):
        return False
    if any(case["loss"] == loss and case["setup"] == setup for case in cases):
        return False
    cases.append({
        "setup": setup, "loss": loss, "value": value.item(),
        "gradients": {name: [float(f"{x:.12g}") for x in g.flatten().tolist()] for name, g in found.items()},
    })
    return True


def same(setup, loss, torch_setup, torch_loss=None):
    assert add(setup, loss, torch_setup, torch_loss or loss), loss


# Functions, closures, recursion, loops, conditions, second derivatives.
same("fn f(x) = tanh(x) + x * v", "sum(f(f(A)))", "def f(x): return torch.tanh(x) + x * v", "torch.sum(f(f(A)))")
same("fn L() {\n  s = 0\n  for i in 0..<3 { s = s + sum(A[i] * v)^2 }\n  return s\n}", "L()",
     "def L():\n  s = 0\n  for i in range(3): s = s + torch.sum(A[i] * v)**2\n  return s")
same("fn power(x, n) = if n == 0 { 1 } else { x * power(x, n - 1) }", "sum(power(v, 4))",
     "def power(x, n): return 1 if n == 0 else x * power(x, n - 1)", "torch.sum(power(v, 4))")
same("fn scaled(k) = x -> k * x^2\ng = scaled(3)", "sum(g(w) * w)",
     "def scaled(k): return lambda x: k * x**2\ng = scaled(3)", "torch.sum(g(w) * w)")
same("fn L() {\n  h = v\n  for t in 1...6 { h = tanh(S @ h + v) }\n  return sum(h^2)\n}", "L()",
     "def L():\n  h = v\n  for t in range(6): h = torch.tanh(S @ h + v)\n  return torch.sum(h**2)")
same("fn L() {\n  r = A\n  r[0] = C[1] * 2\n  r[:, 1] = w\n  return sum(r^2)\n}", "L()",
     "def L():\n  r = A.clone()\n  r[0] = C[1] * 2\n  r[:, 1] = w\n  return torch.sum(r**2)")
same("fn L(x) = if sum(x) > 0 { sum(x^3) } else { sum(x^2) }", "L(v) + L(-v)",
     "def L(x): return torch.sum(x**3) if torch.sum(x) > 0 else torch.sum(x**2)", "L(v) + L(-v)")
same("fn L() {\n  x = w\n  i = 0\n  while i < 5 { x = x - 0.1 * (x^3 - x); i += 1 }\n  return sum(x)\n}", "L()",
     "def L():\n  x = w\n  for i in range(5): x = x - 0.1 * (x**3 - x)\n  return torch.sum(x)")
same("fn q(x) = sum(exp(0.5 * x) * x^2)", "sum((grad q(v) wrt v)^2)",
     "def q(x): return torch.sum(torch.exp(0.5 * x) * x**2)\ng, = torch.autograd.grad(q(v), v, create_graph=True)",
     "torch.sum(g**2)")
same("", "dot(v, S @ v)", "", "v @ (S @ v)")
same("", "trace(S @ S)", "", "torch.trace(S @ S)")
same("", "sum(diag(S) * v)", "", "torch.sum(torch.diag(S) * v)")
same("", "sum(outer(v, w) @ A)", "", "torch.sum(torch.outer(v, w) @ A)")
same("", "sum(repeat(v, 3)^2 * repeat(v, 3))", "", "torch.sum(torch.repeat_interleave(v, 3)**3)")
same("", "prod(v) + prod(w)", "", "torch.prod(v) + torch.prod(w)")
same("", "sum(expand_dims(v, 0) * A) + sum(squeeze(c) * w)", "", "torch.sum(v[None] * A) + torch.sum(c.squeeze() * w)")
same("", "sum(std(A, axis=1))", "", "torch.sum(torch.std(A, 1, correction=0))")
same("", "mse(C, tanh(A))", "", "torch.mean((torch.tanh(A) - C)**2)")
same("y = one_hot([1, 0, 3], 4)", "cross_entropy(y, softmax(A * v))", "",
     "F.cross_entropy(A * v, torch.tensor([1, 0, 3]))")
same("y = one_hot([1, 0, 3], 4)", "averageCE(y, softmax(A + c))", "",
     "F.cross_entropy(A + c, torch.tensor([1, 0, 3])) / 4")
same("", "sum(flatten(A)[::2]^2)", "", "torch.sum(A.flatten()[::2]**2)")
same("", "sum(A[:, [0, 2]] * C[:, 1:3])", "", "torch.sum(A[:, [0, 2]] * C[:, 1:3])")
same("", "min(A, axis=1) @ w", "", "torch.amin(A, 1) @ w")

while len(cases) < 220:
    shape = draw.choice([(3, 4), (4, 4), (3, 4), (4, 2)])
    a, form = expression(shape, draw.choice([2, 3, 3, 4])), draw.choice(REDUCTIONS)
    if len(a[0]) < 400:
        add("", form[0].format(a[0]), "", form[1].format(a[1]))

out = {
    "inputs": {name: {"shape": list(value.shape), "values": value.flatten().tolist()} for name, value in inputs.items()},
    "cases": cases,
}
here = pathlib.Path(__file__).resolve().parent
with open(here / "gradients.json", "w") as file:
    file.write('{"inputs": ' + json.dumps(out["inputs"]) + ',\n"cases": [\n')
    file.write(",\n".join(json.dumps(case) for case in cases))
    file.write("\n]}\n")
print(len(cases), "losses")
