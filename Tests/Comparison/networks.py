"""Random networks trained by nnsh and by PyTorch from the same weights, on the same rows."""

import copy
import math
import pathlib
import subprocess
import tempfile
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import shell

BATCH = 20
CROSS_ENTROPIES = ("cross_entropy", "averageCE")
ACTIVATIONS = {
    "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "gelu": nn.GELU}


class Dense(nn.Module):
    """nnsh's W is in×out."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.W = nn.Parameter(torch.zeros(inputs, outputs))
        self.b = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        return x @ self.W + self.b


class Convolution(nn.Module):
    """Pictures are N×H×W×C and W is kernel×kernel×in×out."""

    def __init__(self, inputs, outputs, kernel, stride, padding):
        super().__init__()
        self.W = nn.Parameter(torch.zeros(kernel, kernel, inputs, outputs))
        self.b = nn.Parameter(torch.zeros(outputs))
        self.stride, self.padding = stride, padding

    def forward(self, x):
        x = x.permute(0, 3, 1, 2)
        if self.padding == "same":
            # As much as an output of ⌈size / stride⌉ needs, the odd one at the end.
            around = []
            for size in (x.shape[3], x.shape[2]):
                kernel = self.W.shape[0]
                total = max((math.ceil(size / self.stride) - 1) * self.stride + kernel - size, 0)
                around += [total // 2, total - total // 2]
            x = F.pad(x, around)
        y = F.conv2d(x, self.W.permute(3, 2, 0, 1).contiguous(), self.b, stride=self.stride)
        return y.permute(0, 2, 3, 1)


class Pool(nn.Module):
    def __init__(self, function, size):
        super().__init__()
        self.function, self.size = function, size

    def forward(self, x):
        return self.function(x.permute(0, 3, 1, 2), self.size).permute(0, 2, 3, 1)


class Norm(nn.Module):
    """Batch normalization over all axes but the last."""

    def __init__(self, features):
        super().__init__()
        self.norm = nn.BatchNorm1d(features, eps=1e-5, momentum=0.1)

    def forward(self, x):
        return self.norm(x.reshape(-1, x.shape[-1])).reshape(x.shape)


class Flatten(nn.Module):
    def forward(self, x):
        return x.reshape(x.shape[0], -1)


class Residual(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return x + self.inner(x)


class Momentum(torch.optim.Optimizer):
    """v ← γv + αg, W ← W − v: PyTorch multiplies by α after γ, which differs as α changes."""

    def __init__(self, parameters, rate, momentum, nesterov, l2):
        super().__init__(parameters, {"lr": rate})
        self.momentum, self.nesterov, self.l2 = momentum, nesterov, l2

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for parameter in group["params"]:
                gradient = parameter.grad + self.l2 * parameter
                state = self.state[parameter]
                velocity = state.get("velocity", torch.zeros_like(parameter))
                velocity = self.momentum * velocity + group["lr"] * gradient
                state["velocity"] = velocity
                if self.nesterov:
                    parameter -= self.momentum * velocity + group["lr"] * gradient
                else:
                    parameter -= velocity


class Case:
    """A network, its data and how it is trained, drawn by a seed."""

    def __init__(self, seed):
        self.seed = seed
        self.draw = np.random.default_rng(seed)
        self.layers, self.modules = [], []
        self.pictures = self.draw.random() < 0.3
        self.rows = int(self.draw.integers(6, 24))
        if self.pictures:
            self.input = [int(n) for n in self.draw.integers(5, 9, 2)] + [int(self.draw.integers(1, 3))]
            size = self._pictures()
        else:
            self.input = [int(self.draw.integers(1, 9))]
            size = self.input[0]
        self._dense(size)
        self._head()
        self._data()
        self._training()

    def choice(self, items):
        return items[int(self.draw.integers(0, len(items)))]

    def add(self, code, module):
        self.layers.append(code)
        self.modules.append(module)

    def _activation(self):
        name = self.choice(list(ACTIVATIONS))
        self.add(name, ACTIVATIONS[name]())

    def _pictures(self):
        height, width, channels = self.input
        for _ in range(int(self.draw.integers(1, 3))):
            outputs, kernel = int(self.draw.integers(1, 4)), self.choice([1, 2, 3])
            stride, padding = self.choice([1, 1, 2]), self.choice(["same", "valid"])
            if padding == "valid":
                if min(height, width) < kernel:
                    continue
                height, width = ((n - kernel) // stride + 1 for n in (height, width))
            else:
                height, width = (math.ceil(n / stride) for n in (height, width))
            self.add(
                f'conv2d({channels}, {outputs}, {kernel}, stride={stride}, padding="{padding}")',
                Convolution(channels, outputs, kernel, stride, padding))
            channels = outputs
            if self.draw.random() < 0.3:
                self.add("batch_norm", Norm(channels))
            self._activation()
            if min(height, width) >= 2 and self.draw.random() < 0.5:
                name, function = self.choice([("max_pool", F.max_pool2d), ("avg_pool", F.avg_pool2d)])
                self.add(f"{name}(2)", Pool(function, 2))
                height, width = height // 2, width // 2
        self.add("flatten", Flatten())
        return height * width * channels

    def _dense(self, size):
        for _ in range(int(self.draw.integers(0, 4))):
            if self.draw.random() < 0.2:
                name = self.choice(list(ACTIVATIONS))
                inner = nn.Sequential(Dense(size, size), ACTIVATIONS[name]())
                self.add(f"residual(dense({size}, {size}) |> {name})", Residual(inner))
                continue
            outputs = int(self.draw.integers(1, 12))
            self.add(f"dense({size}, {outputs})", Dense(size, outputs))
            size = outputs
            if self.draw.random() < 0.15:
                self.add("batch_norm", Norm(size))
            if self.draw.random() < 0.85:
                self._activation()
        self.outputs = int(self.draw.integers(1, 5))
        self.add(f"dense({size}, {self.outputs})", Dense(size, self.outputs))

    def _head(self):
        self.task = self.choice(["classes", "classes", "numbers", "bits"])
        if self.task == "classes" and self.outputs == 1:
            self.task = "numbers"
        if self.task == "classes":
            self.add("softmax", nn.Softmax(-1))
        elif self.task == "bits":
            self.add("sigmoid", nn.Sigmoid())

    def _data(self):
        self.x = self.draw.standard_normal([self.rows] + self.input).astype(np.float32)
        if self.task == "classes":
            self.y = np.eye(self.outputs)[self.draw.integers(0, self.outputs, self.rows)]
        elif self.task == "bits":
            self.y = self.draw.integers(0, 2, (self.rows, self.outputs))
            self.y[0], self.y[1] = 0, 1
        else:
            self.y = self.draw.standard_normal((self.rows, self.outputs))
        self.y = self.y.astype(np.float32)

    def _training(self):
        self.epochs = int(self.draw.integers(1, 4))
        self.batch = int(self.draw.integers(2, self.rows + 1))
        # The statistics of two or three rows magnify rounding beyond any comparison.
        if any("batch_norm" in layer for layer in self.layers):
            if self.batch < 4 or 0 < self.rows % self.batch < 4:
                self.batch = self.rows
        self.reduction = self.choice(["mean", "mean", "sum"])
        if self.task == "classes":
            self.loss = self.choice(["", "", "cross_entropy", "averageCE", "mse"])
        else:
            self.loss = self.choice(["", "mse"])
        self.rule = self.choice(["sgd", "sgd", "sgd", "adam", "adamw", "rmsprop"])
        self.rate = {"sgd": 0.05, "adam": 0.01, "adamw": 0.01, "rmsprop": 0.003}[self.rule]
        if self.reduction == "sum" and self.rule == "sgd":
            self.rate /= self.rows
        self.momentum = self.choice([0, 0.9]) if self.rule == "sgd" else 0
        self.nesterov = self.momentum > 0 and self.draw.random() < 0.4
        self.l2 = self.choice([0, 0, 0.01]) if self.rule != "adamw" else 0
        self.schedule = self.choice(["", "", "cosine", "step_decay"])

    @property
    def kind(self):
        """The loss, also where it is left to nnsh."""
        return self.loss or {"classes": "cross_entropy", "bits": "bce", "numbers": "mse"}[self.task]

    @property
    def rate_code(self):
        if self.schedule == "cosine":
            return f"cosine({self.rate!r}, epochs={self.epochs + 1})"
        if self.schedule == "step_decay":
            return f"step_decay({self.rate!r}, factor=0.5, every=1)"
        return repr(self.rate)

    def rate_at(self, epoch):
        if self.schedule == "cosine":
            return self.rate * (1 + math.cos(math.pi * epoch / (self.epochs + 1))) / 2
        return self.rate * 0.5**epoch if self.schedule == "step_decay" else self.rate

    @property
    def code(self):
        return " |> ".join(self.layers)

    @property
    def optimizer_code(self):
        options = [self.rate_code]
        if self.momentum:
            options.append(f"momentum={self.momentum}")
        if self.nesterov:
            options.append("nesterov=true")
        if self.l2:
            options.append(f"l2={self.l2}")
        return f"{self.rule}({', '.join(options)})"

    @property
    def training_code(self):
        loss = f" loss={self.loss}" if self.loss else ""
        return (f"epochs={self.epochs} batch={self.batch} shuffle=false "
                f"reduction={self.reduction} optimizer={self.optimizer_code}{loss}")

    double = False
    """Whether it is trained in Float64."""

    takes_gradients = False
    """Whether the gradients at the start are compared too, in Float64."""

    def statements(self, i):
        data = f"{{x: inputs.x{i}, y: inputs.y{i}}}"
        gradient = [
            f"w = n{i}.parameters", "for name in keys(w) { w[name] = f64(0 * w[name]) }",
            f"d = n{i}", "d += w",
            "g = {}", f"g = grad {self.kind}(f64(inputs.y{i}), d(f64(inputs.x{i}))) wrt d",
            f'save g to "gradient{i}.npz"']
        widened = [
            f"w = n{i}.parameters", "for name in keys(w) { w[name] = f64(0 * w[name]) }", f"n{i} += w"]
        return [
            f"n{i} = {self.code}", f"n{i}(inputs.x{i});", *(widened if self.double else []),
            f'save n{i} to "start{i}.npz"',
            *(gradient if self.takes_gradients else []),
            f"D{i} = {data}",
            f"train n{i} on D{i} {self.training_code}",
            f'save n{i} to "end{i}.npz"', f"R.history{i} = tensor(f64(n{i}.history.loss))",
            f"R.output{i} = n{i}({'f64' if self.double else ''}(inputs.x{i}))", f"test n{i} on D{i}", f"R.test{i} = ans.loss"]

    row_weight = 1
    """What a row of the latest batch counts in its loss, on average."""

    def torch_loss(self, logits, target, training=True):
        """The mean over rows, from the logits."""
        if self.kind in CROSS_ENTROPIES:
            loss = -(target * torch.log_softmax(logits, -1)).sum() / target.shape[0]
            return loss, loss / target.shape[1] if self.kind == "averageCE" else loss
        if self.kind == "bce":
            loss = F.binary_cross_entropy_with_logits(logits, target)
            return loss, loss
        last = {"classes": nn.Softmax(-1), "bits": nn.Sigmoid(), "numbers": nn.Identity()}[self.task]
        loss = F.mse_loss(last(logits), target)
        return loss, loss

    def torch_run(self, start, dtype, disturb=0.0):
        """PyTorch's weights, losses an epoch, output and final loss after the same training."""
        body = self.modules if self.task == "numbers" else self.modules[:-1]
        model = nn.Sequential(*copy.deepcopy(body)).to(dtype)
        noise = np.random.default_rng(self.seed)
        parameters = list(model.parameters())
        with torch.no_grad():
            for parameter, value in zip(parameters, start):
                value = value * (1 + disturb * noise.uniform(-1, 1, value.shape))
                parameter.copy_(torch.tensor(value))
        x, y = torch.tensor(self.x, dtype=dtype), torch.tensor(self.y, dtype=dtype)
        optimizer = self.torch_optimizer(parameters)
        history = []
        for epoch in range(self.epochs):
            for group in optimizer.param_groups:
                group["lr"] = self.rate_at(epoch)
            total = weight = 0.0
            for first in range(0, self.rows, self.batch):
                rows = slice(first, first + self.batch)
                optimizer.zero_grad()
                loss, shown = self.torch_loss(model(x[rows]), y[rows])
                total += shown.item() * len(x[rows]) * self.row_weight
                weight += len(x[rows]) * self.row_weight
                # The loss is a mean: over rows for cross-entropies, else over all elements.
                terms = len(x[rows]) if self.kind in CROSS_ENTROPIES else y[rows].numel()
                (loss * terms if self.reduction == "sum" else loss).backward()
                optimizer.step()
            history.append(total / weight)
        model.eval()
        with torch.no_grad():
            logits = model(x)
            last = {"classes": nn.Softmax(-1), "bits": nn.Sigmoid(), "numbers": nn.Identity()}
            _, final = self.torch_loss(logits, y, training=False)
            output = last[self.task](logits)
        weights = [p.detach().double().numpy() for p in parameters]
        return weights + [np.array(history), output.double().numpy(), np.array(final.item())]

    def torch_optimizer(self, parameters):
        if self.rule == "sgd":
            return Momentum(parameters, self.rate, self.momentum, self.nesterov, self.l2)
        if self.rule == "adamw":
            return torch.optim.AdamW(parameters, lr=self.rate, weight_decay=0.01)
        if self.rule == "adam":
            return torch.optim.Adam(parameters, lr=self.rate, weight_decay=self.l2)
        return torch.optim.RMSprop(parameters, lr=self.rate, alpha=0.99, weight_decay=self.l2)


@dataclass
class Result:
    """Starting weights; trained weights, losses an epoch, outputs, the loss of `test`; the names
    of the weights."""

    start: list
    values: list
    names: list
    gradients: list


def run_shell(cases):
    """What nnsh makes of each case; an error's text where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        arrays = {}
        for i, case in enumerate(cases):
            arrays |= {f"x{i}": case.x, f"y{i}": case.y}
        np.savez(folder / "inputs.npz", **arrays)
        lines = ["load inputs.npz as inputs", "R = {}"]
        for i, case in enumerate(cases):
            lines += case.statements(i)
        lines.append("save R to results.npz")
        (folder / "cases.nns").write_text("\n".join(lines) + "\n")
        outcome = subprocess.run(
            [str(shell.BINARY), "-q", "-X", "--no-history", "--keep-going", "--seed", "7",
             "cases.nns"], cwd=folder, capture_output=True, text=True, timeout=600)
        if outcome.returncode not in (0, 1):
            raise shell.Crash(f"exit code {outcome.returncode}\n{outcome.stderr[-2000:]}")
        results = dict(np.load(folder / "results.npz"))
        found = []
        for i, case in enumerate(cases):
            errors = [part for part in outcome.stderr.split("error: ")[1:] if f"n{i} " in part
                      or f"D{i}" in part]
            try:
                start, end = (parameters(folder / f"{part}{i}.npz") for part in ("start", "end"))
                # A batch normalization that has seen no data yet is not in the archive.
                start = [start.get(name, beginning(name, value)) for name, value in end.items()]
                values = list(end.values())
                values += [results[f"history{i}"], results[f"output{i}"], results[f"test{i}"]]
                gradients = []
                if case.takes_gradients:
                    gradients = list(parameters(folder / f"gradient{i}.npz").values())
                found.append(Result(start, values, list(end), gradients))
            except (KeyError, FileNotFoundError):
                found.append(" ".join(errors) or "nothing was written, and no error")
        return found


def beginning(name, value):
    """A batch normalization's parameter before training."""
    return np.ones_like(value) if name.startswith("gamma") else np.zeros_like(value)


def parameters(path):
    """The trained arrays of a network's archive by name, in layer order."""
    with np.load(path) as archive:
        return {name: archive[name].astype(np.float64) for name in archive.files
                if not name.startswith("running") and name[-1].isdigit()}


def compare(count, seed, report, kind=Case):
    for first in range(0, count, BATCH):
        cases = [kind(seed + first + i) for i in range(min(BATCH, count - first))]
        for case, result in zip(cases, run_shell(cases)):
            judge(case, result, report)


def judge(case, result, report):
    what = f"{case.code}  [{case.task} rows={case.rows} batch={case.batch} epochs={case.epochs} " \
           f"reduction={case.reduction} loss={case.loss} {case.training_code}]"
    if isinstance(result, str):
        report.fail(case.seed, what, result)
        return
    if case.takes_gradients:
        why = case.gradients_differ(result)
        if why:
            report.fail(case.seed, what, why)
            return
    start, values = result.start, result.values
    exact = case.torch_run(start, torch.float64)
    size = 2e-14 if case.double else 2e-7
    others = [] if case.double else [case.torch_run(start, torch.float32)]
    others += [case.torch_run(start, torch.float64, size * part) for part in (1, 1.5)]
    if len(exact) != len(values):
        report.fail(case.seed, what, f"{len(values)} results, expected {len(exact)}")
        return
    names = [f"parameter {i + 1}" for i in range(len(exact) - 3)] + ["history", "output", "test"]
    for name, value, reference, *near in zip(names, values, exact, *others):
        if np.shape(value) != np.shape(reference):
            report.fail(case.seed, what, f"{name}: shape {np.shape(value)}, {np.shape(reference)}")
            return
        scale = np.abs(reference).max(initial=0)
        apart = max(np.abs(other - reference).max(initial=0) for other in near)
        if apart > 0.02 * (scale + 1e-3):
            report.skipped += 1
            return
        worst = np.abs(value - reference).max(initial=0)
        near = 1e-7 if case.double else 2e-5
        if not worst <= 30 * apart + near * (scale + 1e-2):
            report.fail(case.seed, what, f"{name}: off by {worst:.2e} of {scale:.3g} "
                        f"(rounding: {apart:.1e})\n  {value}\n  {reference}")
            return
    report.agree += 1
