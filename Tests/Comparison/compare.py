"""Compares nnsh with NumPy and PyTorch on random expressions, gradients and trained networks.

usage: compare.py [expressions N] [gradients N] [networks N] [layers N] [--seed S]
"""

import argparse
import sys
import time

import numpy as np
import torch

import deep
import networks
import shell
from expressions import Generator, variables
from nodes import BOOL, F32, F64, NUMBER, tolerance

BATCH = 250


class Report:
    """Counts, and the first failures in words."""

    def __init__(self, what):
        self.what, self.agree, self.skipped, self.failures = what, 0, 0, []

    def fail(self, seed, code, why):
        self.failures.append((seed, code, why))
        if len(self.failures) <= 200:
            print(f"DIFFERS (seed {seed})\n  {code}\n  {why}", flush=True)

    def close(self):
        print(f"{self.what}: {self.agree} agree, {len(self.failures)} differ, "
              f"{self.skipped} skipped (rounding alone decides them)", flush=True)


def difference(value, reference, allowed, dtype):
    """Why nnsh's value is not the reference; None where it is."""
    if isinstance(value, str):
        return value
    if np.shape(value) != np.shape(reference):
        return f"shape {np.shape(value)}, expected {np.shape(reference)}"
    kind = {"float32": F32, "float64": F64, "bool": BOOL}.get(str(value.dtype), str(value.dtype))
    expected = F64 if dtype == NUMBER else dtype
    if kind != expected and not (np.ndim(value) == 0 and kind in (F32, F64)):
        return f"element type {kind}, expected {expected}"
    if dtype == BOOL:
        return None if (value == reference).all() else f"{value}, expected {reference}"
    value = value.astype(np.float64)
    with np.errstate(all="ignore"):
        same = (value == reference) | (np.isnan(value) & np.isnan(reference))
        wrong = ~same & ~(np.abs(value - reference) <= allowed)
    if not wrong.any():
        return None
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    near = np.broadcast_to(allowed, np.shape(reference))[at]
    return f"at {list(at)}: {value[at]!r}, expected {reference[at]!r} (± {near:.1e})"


def compare_expressions(count, seed, report):
    for start in range(0, count, BATCH):
        batch_seed = seed + start
        generator = Generator(batch_seed)
        nodes = [generator.expression() for _ in range(min(BATCH, count - start))]
        values = shell.evaluate([(n.before, n.code) for n in nodes], generator.arrays)
        noise = np.random.default_rng(batch_seed)
        for node, value in zip(nodes, values):
            allowed = tolerance(node, noise)
            if allowed is None:
                report.skipped += 1
                continue
            why = difference(value, node.value, allowed, node.dtype)
            if why is None:
                report.agree += 1
            else:
                report.fail(batch_seed, "; ".join([*node.before, node.code]), why)


def torch_value(node, inputs, memo):
    """The expression in PyTorch; variables in Float64, so that only its own rounding is left."""
    known = memo.get(id(node))
    if known is None:
        if node.name is not None:
            known = inputs[node.name]
        elif node.function is None:
            known = torch.tensor(float(node.value), dtype=torch.float64)
        else:
            known = node.torch(*[torch_value(c, inputs, memo) for c in node.children])
        memo[id(node)] = known
    return known


def torch_gradient(loss, name, disturb=0.0, draw=None, dtype=torch.float64):
    """PyTorch's gradient with respect to a variable, at slightly other values where `disturb`."""
    inputs = {}
    for other, node in variables(loss).items():
        value = np.array(node.value, dtype=np.float64)
        if disturb:
            value = value * (1 + disturb * draw.uniform(-1, 1, value.shape))
        inputs[other] = torch.tensor(value, dtype=dtype)
    inputs[name].requires_grad_(True)
    value = torch_value(loss, inputs, {})
    if not value.requires_grad:
        return np.zeros(inputs[name].shape)
    (gradient,) = torch.autograd.grad(value, inputs[name], allow_unused=True)
    if gradient is None:
        return np.zeros(inputs[name].shape)
    return gradient.double().numpy()


def gradient_case(generator, noise):
    """A loss, a variable, PyTorch's gradient, and how far a right one may be from it: None where
    the gradient jumps near the variables' values, so that rounding decides it."""
    loss = generator.loss()
    name = generator.choice(sorted(variables(loss)))
    reference = torch_gradient(loss, name)
    single = generator.arrays[name].dtype == np.float32 or loss.rounding > 1e-12
    size = 1e-6 if single else 1e-14
    others = [torch_gradient(loss, name, size, noise) for _ in range(3)]
    if single:
        others += [torch_gradient(loss, name, size, noise, torch.float32) for _ in range(2)]
    apart = sum(np.abs(other - reference) for other in others)
    scale = np.abs(reference).max(initial=0)
    if not np.isfinite(reference).all() or (apart > 1e-2 * scale + 1e-30).any():
        return loss, name, reference, None
    allowed = 30 * apart + size * (30 * scale + abs(float(loss.value)) + 1)
    return loss, name, reference, allowed


def says_nothing_flows(error):
    """Whether nnsh says why a gradient would be zero: only a comparison, a count or a position
    leads from the variable to the loss, or nothing at all."""
    return "has no derivative" in error or "does not depend on" in error


def compare_gradients(count, seed, report):
    for start in range(0, count, BATCH):
        batch_seed = seed + 1_000_000 + start
        generator = Generator(batch_seed, smooth=True)
        noise = np.random.default_rng(batch_seed)
        cases = [gradient_case(generator, noise) for _ in range(min(BATCH, count - start))]
        code = [(loss.before, f"grad {loss.code} wrt {name}") for loss, name, _, _ in cases]
        values = shell.evaluate(code, generator.arrays)
        for (loss, name, reference, allowed), value in zip(cases, values):
            if allowed is None:
                report.skipped += 1
                continue
            dtype = F32 if generator.arrays[name].dtype == np.float32 else F64
            why = difference(value, reference, allowed, dtype)
            if why is None or (not reference.any() and says_nothing_flows(why)):
                report.agree += 1
            else:
                statement = f"grad {loss.code} wrt {name}"
                report.fail(batch_seed, "; ".join([*loss.before, statement]), why)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    amounts = {"expressions": 50_000, "gradients": 8_000, "networks": 400, "layers": 600}
    wanted = dict(zip(options.what[::2], map(int, options.what[1::2]))) or amounts
    runs = {"expressions": compare_expressions, "gradients": compare_gradients,
            "networks": networks.compare,
            "layers": lambda *rest: networks.compare(*rest, kind=deep.DeepCase)}
    torch.set_num_threads(1)
    failed = 0
    for what, count in wanted.items():
        report = Report(what)
        started = time.monotonic()
        runs[what](count, options.seed, report)
        report.close()
        print(f"  {time.monotonic() - started:.0f} s", flush=True)
        failed += len(report.failures)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
