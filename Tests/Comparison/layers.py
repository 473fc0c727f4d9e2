"""The layers of sequences and pictures in PyTorch, with parameters laid out and named as nnsh does:
inputs before outputs, pictures N×H×W×C, sequences N×T×F."""

import math

import torch
from torch import nn
from torch.nn import functional as F


def parameter(*shape):
    return nn.Parameter(torch.zeros(*shape))


class Norm(nn.Module):
    """`layer_norm`, or `group_norm` where there are groups."""

    def __init__(self, features, groups=0):
        super().__init__()
        self.gamma, self.beta, self.groups = parameter(features), parameter(features), groups

    def forward(self, x):
        if self.groups == 0:
            return F.layer_norm(x, x.shape[-1:], self.gamma, self.beta, 1e-5)
        y = F.group_norm(x.movedim(-1, 1), self.groups, self.gamma, self.beta, 1e-5)
        return y.movedim(1, -1)


class Windows(nn.Module):
    """`conv1d`, `conv2d` and `conv_transpose2d` with any padding, groups and dilation."""

    def __init__(self, axes, inputs, outputs, kernel, stride=1, padding="same", groups=1,
                 dilation=1, transposed=False):
        super().__init__()
        self.W = parameter(*[kernel] * axes, inputs // groups, outputs)
        self.b = parameter(outputs)
        self.axes, self.kernel, self.stride = axes, kernel, stride
        self.padding, self.groups, self.dilation = padding, groups, dilation
        self.transposed = transposed

    def forward(self, x):
        x = x.movedim(-1, 1)
        y = self.enlarge(x) if self.transposed else self.reduce(x)
        return y.movedim(1, -1)

    def reduce(self, x):
        reach = (self.kernel - 1) * self.dilation + 1
        around = []
        for size in reversed(x.shape[2:]):
            total = 2 * self.padding if isinstance(self.padding, int) else 0
            if self.padding == "same":
                total = max((math.ceil(size / self.stride) - 1) * self.stride + reach - size, 0)
            around += [total // 2, total - total // 2]
        weights = self.W.movedim(-1, 0).movedim(-1, 1).contiguous()
        function = F.conv1d if self.axes == 1 else F.conv2d
        return function(F.pad(x, around), weights, self.b, self.stride, 0, self.dilation, self.groups)

    def enlarge(self, x):
        y = F.conv_transpose2d(x, self.W.permute(2, 3, 0, 1).contiguous(), None,
                               self.stride)
        # What a convolution of the same padding would have added around the larger picture goes.
        for axis in (2, 3):
            size = x.shape[axis] * self.stride
            if self.padding == "same":
                total = max((x.shape[axis] - 1) * self.stride + self.kernel - size, 0)
                lacking = size - (y.shape[axis] - total)
                y = y.narrow(axis, total // 2, y.shape[axis] - total)
                if lacking > 0:
                    y = F.pad(y, [0, lacking] if axis == 3 else [0, 0, 0, lacking])
            elif isinstance(self.padding, int):
                y = y.narrow(axis, self.padding, y.shape[axis] - 2 * self.padding)
        return y + self.b[:, None, None]


class Upsample(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.size = size

    def forward(self, x):
        return x.repeat_interleave(self.size, 1).repeat_interleave(self.size, 2)


class GlobalAverage(nn.Module):
    def forward(self, x):
        return x.mean(dim=tuple(range(1, x.dim() - 1)))


class Padding:
    """Which steps of the latest rows are real, N×T; None where all are."""

    def __init__(self):
        self.real = None


class Embedding(nn.Module):
    """−1, which fills up a sequence, becomes zeros."""

    def __init__(self, count, size, padding):
        super().__init__()
        self.E, self.padding = parameter(count, size), padding

    def forward(self, x):
        real = x >= 0
        self.padding.real = None if real.all() else real
        return self.E[x.clamp(min=0).long()] * real[..., None]


class Recurrent(nn.Module):
    """`rnn`, `lstm` and `gru`: W is in×gates·hidden, and of a gru c the candidate's own bias."""

    GATES = {"rnn": 1, "lstm": 4, "gru": 3}

    def __init__(self, kind, inputs, hidden, layers, returns_all, padding=None):
        super().__init__()
        self.padding = padding
        self.kind, self.hidden, self.layers, self.returns_all = kind, hidden, layers, returns_all
        wide = self.GATES[kind] * hidden
        weights = []
        for layer in range(layers):
            weights += [parameter(inputs if layer == 0 else hidden, wide), parameter(hidden, wide),
                        parameter(wide)]
            if kind == "gru":
                weights.append(parameter(hidden))
        self.weights = nn.ParameterList(weights)

    def forward(self, x):
        count = len(self.weights) // self.layers
        flat = []
        for layer in range(self.layers):
            own = self.weights[layer * count:(layer + 1) * count]
            second = torch.zeros_like(own[2])
            if self.kind == "gru":
                second = torch.cat([second[:2 * self.hidden], own[3]])
            flat += [own[0].t().contiguous(), own[1].t().contiguous(), own[2], second]
        zeros = x.new_zeros(self.layers, x.shape[0], self.hidden)
        options = (flat, True, self.layers, 0.0, False, False, True)
        if self.kind == "lstm":
            y = torch._VF.lstm(x, (zeros, zeros), *options)[0]
        else:
            function = torch._VF.gru if self.kind == "gru" else torch._VF.rnn_tanh
            y = function(x, zeros, *options)[0]
        if self.padding and self.padding.real is not None:
            # Sequences are filled up at their ends: there the last state stays.
            last = self.padding.real.sum(1, keepdim=True) - 1
            steps = torch.minimum(torch.arange(x.shape[1])[None, :], last)
            y = y.gather(1, steps[..., None].expand(-1, -1, y.shape[2]))
        return y if self.returns_all else y[:, -1]


class Attention(nn.Module):
    """No step sees those that fill up a sequence: `key_padding_mask` of PyTorch's own attention."""

    def __init__(self, size, heads, causal, padding):
        super().__init__()
        self.padding = padding
        self.W, self.b = parameter(size, 3 * size), parameter(3 * size)
        self.V, self.c = parameter(size, size), parameter(size)
        self.heads, self.causal = heads, causal

    def forward(self, x):
        rows, steps, size = x.shape
        parts = (x @ self.W + self.b).reshape(rows, steps, 3, self.heads, size // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(query, key, value, attn_mask=self.mask(rows, steps))
        return seen.transpose(1, 2).reshape(rows, steps, size) @ self.V + self.c


    def mask(self, rows, steps):
        """Which steps (the last axis) each step may see."""
        mask = torch.ones(rows, 1, steps, steps, dtype=torch.bool)
        if self.causal:
            mask = mask.tril()
        if self.padding.real is not None:
            mask = mask & self.padding.real[:, None, None, :]
        return mask


class Positional(nn.Module):
    def __init__(self, length, size):
        super().__init__()
        self.P = parameter(length, size)

    def forward(self, x):
        return x + self.P[:x.shape[1]]


class Transformer(nn.Module):
    def __init__(self, size, heads, causal, dense, padding):
        super().__init__()
        self.first = nn.Sequential(Norm(size), Attention(size, heads, causal, padding))
        self.second = nn.Sequential(
            Norm(size), dense(size, 4 * size), nn.GELU(), dense(4 * size, size))

    def forward(self, x):
        x = x + self.first(x)
        return x + self.second(x)


class Lion(torch.optim.Optimizer):
    """Chen et al. (2023), which PyTorch has not."""

    def __init__(self, parameters, rate, beta1=0.9, beta2=0.99, decay=0.0):
        super().__init__(parameters, {"lr": rate})
        self.beta1, self.beta2, self.decay = beta1, beta2, decay

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for weight in group["params"]:
                mean = self.state[weight].setdefault("mean", torch.zeros_like(weight))
                direction = torch.sign(self.beta1 * mean + (1 - self.beta1) * weight.grad)
                weight.mul_(1 - group["lr"] * self.decay).sub_(group["lr"] * direction)
                mean.mul_(self.beta2).add_(weight.grad, alpha=1 - self.beta2)
