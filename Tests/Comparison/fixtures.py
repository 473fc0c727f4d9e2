"""Writes a share of the comparison as scripts that need no Python: `make test` runs them.

Each script of ../GoldenTests/Comparison computes its cases and compares them with the values that
NumPy or PyTorch gave, all in one array of `values.npz` (each script has a part of it).
"""

import pathlib

import numpy as np
import torch

import deep
import networks
from compare import gradient_case, torch_gradient
from expressions import Generator
from nodes import BOOL, NUMBER, tolerance

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "GoldenTests" / "Comparison"
SEED = 20_000
HEAD = """# Written by Tests/Comparison/fixtures.py: {what}
load values.npz as expected
load {name}.npz as inputs
failures = 0
fn compare(code, ours, start, shape, allowed) {{
  a = if type(ours) == "tensor" {{ f64(ours) }} else {{ f64([ours]) }}
  if a.shape != shape {{ print("{{code}}: shape {{a.shape}}, expected {{shape}}"); return 1 }}
  if size(a) == 0 {{ return 0 }}
  b = reshape(expected.{name}[start:start + size(a)], shape)
  near = where(a == b, 0, abs(a - b))
  near = where(isnan(b), where(isnan(a), 0, inf), near)
  if all(near <= allowed) {{ return 0 }}
  print("{{code}}: differs by {{max(near)}}")
  return 1
}}
"""


class Script:
    """A script under way and the values it expects."""

    def __init__(self, name, what):
        self.name, self.lines, self.values, self.count, self.cases = name, [], [], 0, 0
        self.what, self.arrays = what, {}

    def expect(self, label, code, value, allowed):
        value = np.asarray(value, dtype=np.float64)
        shape = list(value.shape)
        if not shape:
            value = value.reshape(1)
            shape = [1]
        text = label.replace("\\", "\\\\").replace('"', '\\"').replace("{", "{{").replace("}", "}}")
        self.lines.append(
            f'failures += compare("{text}", {code}, {self.count}, {shape}, {allowed:.3g})')
        self.values.append(value.ravel())
        self.count += value.size
        self.cases += 1

    def write(self):
        head = HEAD.format(what=self.what, name=self.name)
        tail = f'print("{{{self.cases} - failures}} of {self.cases} agree")\n'
        text = head + "\n".join(self.lines) + "\n" + tail
        (FOLDER / f"{self.name}.nns").write_text(text)
        np.savez_compressed(FOLDER / f"{self.name}.npz", **self.arrays)
        return np.concatenate(self.values)

    def prefixed(self, prefix, arrays):
        self.arrays |= {prefix + name: value for name, value in arrays.items()}
        self.lines += [f"{name} = inputs.{prefix}{name}" for name in arrays]


def expressions(groups=4, count=300):
    script = Script("expressions", "expressions beside NumPy's values")
    for group in range(groups):
        generator = Generator(SEED + group)
        script.prefixed(f"g{group}_", generator.arrays)
        noise = np.random.default_rng(group)
        for _ in range(count):
            node = generator.expression()
            allowed = tolerance(node, noise)
            if allowed is None:
                continue
            script.lines += node.before
            code = f"where({node.code}, 1, 0)" if node.dtype == BOOL else node.code
            script.expect(node.code, code, node.value, np.max(allowed, initial=1e-30))
    return script


def gradients(groups=2, count=200):
    script = Script("gradients", "gradients beside PyTorch's")
    for group in range(groups):
        generator = Generator(SEED + 1000 + group, smooth=True)
        script.prefixed(f"g{group}_", generator.arrays)
        noise = np.random.default_rng(group)
        for _ in range(count):
            loss, name, reference, allowed = gradient_case(generator, noise)
            # Where nothing flows nnsh says so by an error.
            if allowed is None or not reference.any():
                continue
            script.lines += loss.before
            code = f"(grad {loss.code} wrt {name})"
            script.expect(f"grad {loss.code} wrt {name}", code, reference,
                          np.max(allowed, initial=1e-30))
    return script


def trained(name="networks", kind=networks.Case, count=40):
    script = Script(name, f"{name} trained as PyTorch trains them")
    cases = [kind(SEED + 2000 + i) for i in range(count)]
    for i, (case, result) in enumerate(zip(cases, networks.run_shell(cases))):
        if isinstance(result, str) or "batch_norm" in case.code:
            continue
        start, names = result.start, result.names
        exact = case.torch_run(start, torch.float64)
        near = [case.torch_run(start, torch.float32)]
        near += [case.torch_run(start, torch.float64, 2e-7)]
        if any(np.abs(other - right).max(initial=0) > 0.02 * (np.abs(right).max(initial=0) + 1e-3)
               for run in near for other, right in zip(run, exact)):
            continue
        script.arrays |= {f"x{i}": case.x, f"y{i}": case.y}
        script.lines += [f"net = {case.code}", f"net(inputs.x{i});"]
        for name, value in zip(names, start):
            script.arrays[f"{name}_{i}"] = value.astype(np.float32)
            script.lines.append(f"net.{name} = inputs.{name}_{i}")
        script.lines.append(f"data = {{x: inputs.x{i}, y: inputs.y{i}}}")
        script.lines.append(f"train net on data {case.training_code}")
        parts = [f"net.{name}" for name in names]
        parts += ["tensor(net.history.loss)", f"net(inputs.x{i})"]
        for part, reference, *others in zip(parts, exact, *near):
            scale = np.abs(reference).max(initial=0)
            apart = max(np.abs(other - reference).max(initial=0) for other in others)
            script.expect(f"{case.code} {part}", part, reference,
                          30 * apart + 2e-5 * (scale + 1e-2))
    return script


def main():
    FOLDER.mkdir(exist_ok=True)
    values = {}
    scripts = (expressions(), gradients(), trained(), trained("layers", deep.DeepCase, 60))
    for script in scripts:
        values[script.name] = script.write()
        print(f"{script.name}: {script.cases} cases")
    np.savez_compressed(FOLDER / "values.npz", **values)


if __name__ == "__main__":
    main()
