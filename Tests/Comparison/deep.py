"""Random networks of the layers of sequences and pictures, with all losses, optimizers, schedules
and options of training: as `networks.Case`, and compared as those are."""

import copy
import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import layers
import networks
from networks import Convolution, Dense, Flatten

ACTIVATIONS = {
    "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "gelu": nn.GELU,
    "softplus": nn.Softplus, "silu": nn.SiLU, "elu": nn.ELU, "leaky_relu": nn.LeakyReLU}
SCHEDULES = ["", "", "cosine", "step_decay", "linear", "exponential", "one_cycle", "warmup"]


class DeepCase(networks.Case):
    def __init__(self, seed):
        self.seed = seed
        self.draw = np.random.default_rng(seed)
        self.layers, self.modules = [], []
        self.rows = int(self.draw.integers(4, 12))
        self.each_step, self.codes, self.padding = False, 0, layers.Padding()
        # Of two or three numbers a norm leaves little but their signs: Float64 tells such networks
        # apart, Float32 does not.
        self.double = self.draw.random() < 0.3
        self.form = self.choice(["pictures", "sequences", "codes"])
        size = getattr(self, "_" + self.form)()
        self.outputs = int(self.draw.integers(2, 5))
        self.add(f"dense({size}, {self.outputs})", Dense(size, self.outputs))
        self._head()
        self._data()
        self._training()

    def number(self, low, high):
        return int(self.draw.integers(low, high))

    def _activation(self):
        name = self.choice(list(ACTIVATIONS))
        self.add(name, ACTIVATIONS[name]())

    # MARK: layers

    def _pictures(self):
        height, width, channels = self.number(4, 9), self.number(4, 9), self.choice([1, 2, 4])
        self.input = [height, width, channels]
        for _ in range(self.number(1, 4)):
            kind = self.choice(["window", "window", "transposed", "upsample", "norm", "activation",
                                "pool", "residual"])
            if kind == "window":
                height, width, channels = self._window(height, width, channels)
            elif kind == "transposed" and height * width <= 100:
                height, width, channels = self._transposed(height, width, channels)
            elif kind == "upsample" and height * width <= 100:
                self.add("upsample(2)", layers.Upsample(2))
                height, width = 2 * height, 2 * width
            elif kind == "pool" and min(height, width) >= 2:
                size = self.choice([2, 2, 3]) if min(height, width) >= 3 else 2
                name, function = self.choice([("max_pool", F.max_pool2d), ("avg_pool", F.avg_pool2d)])
                self.add(f"{name}({size})", networks.Pool(function, size))
                height, width = height // size, width // size
            elif kind == "residual":
                name, kernel = self.choice(list(ACTIVATIONS)), self.choice([1, 3])
                self.add(
                    f"residual(conv2d({channels}, {channels}, {kernel}) |> {name})",
                    networks.Residual(nn.Sequential(
                        layers.Windows(2, channels, channels, kernel), ACTIVATIONS[name]())))
            elif kind == "norm" and self.knows_features:
                few = channels < 4 and not self.double
                groups = 0 if not few and self.draw.random() < 0.5 else self.choice(
                    [g for g in (1, 2, 4) if channels % g == 0])
                code = f"group_norm({groups})" if groups else "layer_norm"
                self.add(code, layers.Norm(channels, groups))
            else:
                self._activation()
        if self.draw.random() < 0.4:
            self.add("global_avg_pool", layers.GlobalAverage())
            return channels
        self.add("flatten", Flatten())
        return height * width * channels

    @property
    def knows_features(self):
        """Whether a layer before tells the last axis, so that a norm has its parameters."""
        return any("conv" in code for code in self.layers)

    def _window(self, height, width, channels):
        groups = self.choice([g for g in (1, 1, 2, 4) if channels % g == 0])
        outputs = groups * self.number(1, 4)
        kernel, stride, dilation = self.choice([1, 2, 3, 5]), self.choice([1, 1, 2, 3]), self.choice([1, 1, 2])
        reach = (kernel - 1) * dilation + 1
        padding = self.choice(["same", "valid", self.number(0, reach)])
        around = 2 * padding if isinstance(padding, int) else 0
        if padding == "same":
            sizes = [math.ceil(n / stride) for n in (height, width)]
        else:
            if min(height, width) + around < reach:
                return height, width, channels
            sizes = [(n + around - reach) // stride + 1 for n in (height, width)]
        shown = f'"{padding}"' if isinstance(padding, str) else padding
        self.add(
            f"conv2d({channels}, {outputs}, {kernel}, stride={stride}, padding={shown}, "
            f"groups={groups}, dilation={dilation})",
            layers.Windows(2, channels, outputs, kernel, stride, padding, groups, dilation))
        return *sizes, outputs

    def _transposed(self, height, width, channels):
        outputs, kernel, stride = self.number(1, 4), self.choice([2, 3, 4]), self.choice([1, 2])
        padding = self.choice(["same", "valid"])
        if padding == "same":
            sizes = [n * stride for n in (height, width)]
        else:
            sizes = [(n - 1) * stride + kernel for n in (height, width)]
        self.add(
            f'conv_transpose2d({channels}, {outputs}, {kernel}, stride={stride}, padding="{padding}")',
            layers.Windows(2, channels, outputs, kernel, stride, padding, transposed=True))
        return *sizes, outputs

    def _sequences(self):
        steps, size = self.number(2, 7), self.choice(self.sizes)
        self.input = [steps, size]
        return self._steps(steps, size)

    @property
    def sizes(self):
        """How many features a step may have."""
        return [2, 3, 4] if self.double else [4, 6]

    def _codes(self):
        steps, self.codes, size = self.number(2, 7), self.number(3, 8), self.choice(self.sizes)
        self.input = [steps]
        self.add(f"embedding({self.codes}, {size})",
                 layers.Embedding(self.codes, size, self.padding))
        return self._steps(steps, size)

    def _steps(self, steps, size):
        """Layers of sequences; the last gives one row, or the steps their own."""
        for _ in range(self.number(0, 3)):
            kind = self.choice(["attention", "transformer", "positional", "norm", "dense", "conv1d",
                                "recurrent"])
            heads, causal = self.choice([h for h in (1, 2) if size % h == 0]), self.draw.random() < 0.5
            option = ", causal=true" if causal else ""
            if kind == "attention":
                self.add(f"attention({size}, {heads}{option})",
                         layers.Attention(size, heads, causal, self.padding))
            elif kind == "transformer":
                count = self.choice([1, 1, 2])
                code = f"transformer({size}, {heads}{option})"
                self.add(f"repeat_layer({count}, {code})" if count > 1 else code,
                         nn.Sequential(*[
                             layers.Transformer(size, heads, causal, Dense, self.padding)
                             for _ in range(count)]))
            elif kind == "positional":
                length = steps + self.number(0, 3)
                self.add(f"positional({length}, {size})", layers.Positional(length, size))
            elif kind == "norm" and self.layers and "positional" not in self.layers[0]:
                self.add("layer_norm", layers.Norm(size))
            elif kind == "dense":
                outputs = self.choice(self.sizes)
                self.add(f"dense({size}, {outputs})", Dense(size, outputs))
                size = outputs
                self._activation()
            elif kind == "conv1d":
                outputs, kernel, dilation = self.choice(self.sizes), self.choice([1, 2, 3]), self.choice([1, 2])
                self.add(f"conv1d({size}, {outputs}, {kernel}, dilation={dilation})",
                         layers.Windows(1, size, outputs, kernel, dilation=dilation))
                size = outputs
            else:
                size = self._recurrent(size, "all")
        end = self.choice(["last", "all", "flatten", "average"])
        if end == "flatten":
            self.add("flatten", Flatten())
            return steps * size
        if end == "average":
            self.add("global_avg_pool", layers.GlobalAverage())
            return size
        self.each_step = end == "all"
        return self._recurrent(size, end)

    def _recurrent(self, size, end):
        kind, hidden = self.choice(["rnn", "lstm", "gru"]), self.choice(self.sizes)
        count, masks = self.choice([1, 2]), self.codes > 0 and self.draw.random() < 0.7
        mask = ", mask=true" if masks else ""
        self.add(f'{kind}({size}, {hidden}, layers={count}, return="{end}"{mask})',
                 layers.Recurrent(kind, size, hidden, count, end == "all",
                                  self.padding if masks else None))
        return hidden

    # MARK: data and training

    def _data(self):
        shape = [self.rows] + ([self.input[0]] if self.each_step else [])
        if self.each_step and self.task != "classes":
            self.task = "numbers" if self.task == "bits" else self.task
            if self.layers[-1] == "sigmoid":
                self.layers.pop(), self.modules.pop()
        if self.codes:
            self.x = self.draw.integers(0, self.codes, [self.rows] + self.input).astype(np.float32)
            if not self.each_step and self.draw.random() < 0.6:
                lengths = self.draw.integers(1, self.input[0] + 1, self.rows)
                self.x[np.arange(self.input[0]) >= lengths[:, None]] = -1
        else:
            self.x = self.draw.standard_normal([self.rows] + self.input).astype(np.float32)
        if self.task == "classes":
            self.y = np.eye(self.outputs)[self.draw.integers(0, self.outputs, shape)]
        elif self.task == "bits":
            self.y = self.draw.integers(0, 2, shape + [self.outputs])
            self.y[0], self.y[1] = 0, 1
        else:
            self.y = self.draw.standard_normal(shape + [self.outputs])
        self.y = self.y.astype(np.float32)

    def _training(self):
        self.epochs = self.number(1, 5)
        self.batch = self.number(2, self.rows + 1)
        self.reduction, self.momentum, self.nesterov = "mean", 0, False
        self.loss = {"classes": self.choice(["", "averageCE", "kl", "hinge"]),
                     "numbers": self.choice(["", "mse", "mae", "huber"]),
                     "bits": self.choice(["", "mse"])}[self.task]
        if self.each_step and self.loss in ("averageCE", "kl", "hinge"):
            self.loss = ""
        self.rule = self.choice(["sgd", "adam", "adamw", "rmsprop", "adagrad", "lion"])
        self.rate = {"sgd": 0.05, "adagrad": 0.02, "lion": 0.001, "rmsprop": 0.003}.get(self.rule, 0.01)
        if self.rule == "sgd":
            self.momentum = self.choice([0, 0.9])
            self.nesterov = self.momentum > 0 and self.draw.random() < 0.4
        self.l2 = self.choice([0, 0, 0.01]) if self.rule not in ("adamw", "lion") else 0
        self.clip = self.choice([0, 0, 0.1])
        self.schedule = self.choice(SCHEDULES)
        self.smooth = self.choice([0, 0, 0.1]) if self.kind in ("cross_entropy", "averageCE") else 0
        self.weights = []
        if self.kind in networks.CROSS_ENTROPIES and not self.each_step and self.draw.random() < 0.3:
            self.weights = [round(float(w), 3) for w in self.draw.uniform(0.2, 3, self.outputs)]

    @property
    def rate_code(self):
        more = {"linear": f"linear({self.rate!r}, epochs={self.epochs + 1})",
                "exponential": f"exponential({self.rate!r}, factor=0.8)",
                "one_cycle": f"one_cycle({self.rate!r}, epochs={self.epochs + 6})",
                "warmup": f"warmup(2, {self.rate!r})"}
        return more.get(self.schedule) or super().rate_code

    def rate_at(self, epoch):
        if self.schedule == "linear":
            return self.rate * (1 - epoch / (self.epochs + 1))
        if self.schedule == "exponential":
            return self.rate * 0.8**epoch
        if self.schedule == "warmup":
            return self.rate * min(1, (epoch + 1) / 3)
        if self.schedule == "one_cycle":
            weight = nn.Parameter(torch.zeros(1))
            optimizer = torch.optim.SGD([weight], lr=self.rate)
            schedule = torch.optim.lr_scheduler.OneCycleLR(
                optimizer, self.rate, total_steps=self.epochs + 6, final_div_factor=1e4)
            for _ in range(epoch):
                optimizer.step()
                schedule.step()
            return schedule.get_last_lr()[0]
        return super().rate_at(epoch)

    @property
    def optimizer_code(self):
        code = super().optimizer_code
        return code[:-1] + f", clip={self.clip})" if self.clip else code

    @property
    def training_code(self):
        code = super().training_code
        code += f" smooth={self.smooth}" if self.smooth else ""
        return code + (f" weights={self.weights}" if self.weights else "")

    def torch_optimizer(self, parameters):
        if self.rule == "adagrad":
            optimizer = torch.optim.Adagrad(parameters, lr=self.rate, weight_decay=self.l2)
        elif self.rule == "lion":
            optimizer = layers.Lion(parameters, self.rate)
        else:
            optimizer = super().torch_optimizer(parameters)
        if self.clip:
            step = optimizer.step

            def clipped():
                nn.utils.clip_grad_norm_(parameters, self.clip)
                step()
            optimizer.step = clipped
        return optimizer

    def torch_loss(self, logits, target, training=True):
        if self.kind in networks.CROSS_ENTROPIES:
            classes, weights = target.shape[-1], None
            logits, target = logits.reshape(-1, classes), target.reshape(-1, classes)
            if training and self.weights:
                # As nnsh reads them: a list of numbers is Float32.
                weights = torch.tensor(self.weights).to(logits.dtype)[target.argmax(-1)]
            if training:
                target = target * (1 - self.smooth) + self.smooth / classes
            rows = -(target * torch.log_softmax(logits, -1)).sum(-1)
            loss = rows.mean() if weights is None else (rows * weights).sum() / weights.sum()
            self.row_weight = 1 if weights is None else weights.sum().item() / len(rows)
            return loss, loss / classes if self.kind == "averageCE" else loss
        self.row_weight = 1
        if self.kind in ("mae", "huber"):
            loss = (F.l1_loss if self.kind == "mae" else F.huber_loss)(logits, target)
            return loss, loss
        if self.kind == "kl":
            loss = F.kl_div(torch.log_softmax(logits, -1), target, reduction="batchmean")
            return loss, loss
        if self.kind == "hinge":
            # PyTorch divides by the number of classes.
            loss = F.multi_margin_loss(torch.softmax(logits, -1), target.argmax(-1)) * target.shape[1]
            return loss, loss
        return super().torch_loss(logits, target)

    # MARK: gradients

    takes_gradients = True

    def gradients_differ(self, result):
        """Why a gradient in Float64 is not PyTorch's; None where all are."""
        body = self.modules if self.task == "numbers" else self.modules[:-1]
        model = copy.deepcopy(nn.Sequential(*body)).double()
        parameters = list(model.parameters())
        with torch.no_grad():
            for weight, value in zip(parameters, result.start):
                weight.copy_(torch.tensor(value))
        x, y = torch.tensor(self.x, dtype=torch.float64), torch.tensor(self.y, dtype=torch.float64)
        _, loss = self.torch_loss(model(x), y, training=False)
        found = torch.autograd.grad(loss, parameters)
        scale = max(np.abs(part.numpy()).max(initial=0) for part in found)
        for name, ours, theirs in zip(result.names, result.gradients, found):
            theirs = theirs.numpy()
            if ours.shape != theirs.shape:
                return f"gradient of {name}: {ours.shape}, {theirs.shape}"
            error = np.abs(ours - theirs).max(initial=0)
            if not error <= 1e-10 + 1e-8 * scale:
                return f"gradient of {name}: off by {error:.1e}\n  {ours}\n  {theirs}"
        return None
