"""Networks of many kinds with their gradients written out by hand, and the mistakes people make.

A network is built part by part. Each part writes its forward line and its backward lines, and for
each backward line the mistakes that can be made in it, with the names that fit: usually one; two
where the numbers cannot tell them apart (a mean over the rows is a sum over them times 1/N).
"""

import random
from dataclasses import dataclass, field


@dataclass
class Mistake:
    """One line of the backward pass written wrongly."""

    line: str
    wrong: str
    names: tuple
    label: str


@dataclass
class Network:
    rng: random.Random
    setup: list = field(default_factory=list)
    forward: list = field(default_factory=list)
    loss: str = ""
    # name of a backward line -> its right-hand side, in the order in which they run
    backward: dict = field(default_factory=dict)
    writings: dict = field(default_factory=dict)  # name -> other right ways to write it
    mistakes: list = field(default_factory=list)
    targets: dict = field(default_factory=dict)  # parameter -> name of its gradient's line
    rows: int = 0
    kind: str = ""

    def line(self, name, text, *others):
        self.backward[name] = text
        if others:
            self.writings[name] = [text, *others]

    def wrong(self, name, text, names, label):
        names = (names,) if isinstance(names, str) else tuple(names)
        self.mistakes.append(Mistake(name, text, names, label))

    def needed(self, name):
        """The backward lines that a gradient needs, itself last."""
        import re

        found = []

        def visit(item):
            for word in re.findall(r"[A-Za-z_]\w*", self.backward[item]):
                if word in self.backward and word != item and word not in found:
                    visit(word)
            if item not in found:
                found.append(item)

        visit(name)
        return [key for key in self.backward if key in found]


def number(value):
    return repr(value)


# Parts ---------------------------------------------------------------------------------------


def dense(net, x, x_size, size, index, delta_in=None, bias=True, passes=True):
    """z = x @ W + b. `delta_in` names the line of x's cotangent, None for the data."""
    w, b, z = f"W{index}", f"b{index}", f"z{index}"
    flat = net.rng.random() < 0.4
    net.setup.append(f"{w} = randn({x_size}, {size}) * {number(round(0.9 / x_size ** 0.5, 3))}")
    if bias:
        shape = f"{size}" if flat else f"1, {size}"
        net.setup.append(f"{b} = randn({shape}) * 0.3")
        net.forward.append(
            (z, net.rng.choice([f"{x} @ {w} + {b}", f"compute({x}, {w}, {b})"])))
    else:
        net.forward.append((z, f"{x} @ {w}"))

    def back(dz):
        dw, db = f"d{w}", f"d{b}"
        net.line(dw, f"{x}' @ {dz}", f"transpose({x}) @ {dz}", f"({dz}' @ {x})'",
                 f"matmul({x}.T, {dz})")
        net.wrong(dw, f"{dz}' @ {x}", "transposed", "the product the other way around")
        net.wrong(dw, f"-({x}' @ {dz})", "sign", "the sign")
        net.wrong(dw, f"{x}' @ {dz} / {net.rows}", "factor", "divided by N once more")
        net.wrong(dw, f"2 * {x}' @ {dz}", "factor", "twice too large")
        net.wrong(dw, f"{x}[0:1, :]' @ {dz}[0:1, :]", "axis", "the first example alone")
        net.wrong(dw, f"{x}' @ {dz} * {net.rows}", "factor", "N times too large")
        net.targets[w] = dw
        if bias:
            if flat:
                net.line(db, f"sum({dz}, axis=0)", f"ones({net.rows}) @ {dz}")
            else:
                net.line(db, f"sum({dz}, axis=0, keepdims=true)", f"ones(1, {net.rows}) @ {dz}",
                         f"sum({dz}, axis=0)")
            net.wrong(db, f"sum({dz}, axis=1)", "axis", "summed along the rows")
            net.wrong(db, f"{dz}", "axis", "not summed")
            net.wrong(db, f"sum({dz})", "axis", "summed to a number")
            net.wrong(db, f"mean({dz}, axis=0)", ("factor", "axis"), "the mean over the rows")
            net.wrong(db, f"-sum({dz}, axis=0)", "sign", "the sign of the bias")
            net.targets[b] = db
        if delta_in:
            net.line(delta_in, f"{dz} @ {w}'", f"{dz} @ transpose({w})")
            if x_size == size:
                net.wrong(delta_in, f"{dz} @ {w}", "transposed", "weights not transposed")
            net.wrong(delta_in, f"-({dz} @ {w}')", "sign", "sign on the way down")

    return z, back


# name -> (forward, derivatives (all right), wrong derivatives)
ACTIVATIONS = {
    "relu": ("relu({z})", ["gradRelu({z})", "gradRelu({h})", "({z} > 0)", "where({z} > 0, 1, 0)"],
             ["1", "relu({z})", "(1 - gradRelu({z}))", "where({z} > 0, 1, -1)"]),
    "maximum": ("maximum({z}, 0)", ["where({h} > 0, 1, 0)", "({z} > 0)"],
                ["1", "{h}", "({z} < 0)", "{z}"]),
    "tanh": ("tanh({z})", ["(1 - {h}^2)", "(1 - tanh({z})^2)", "(1 - {h} * {h})",
                           "(1 + {h}) * (1 - {h})"],
             ["1", "(1 - {h})", "(1 - {z}^2)", "{h} * (1 - {h})", "{h}", "(1 + {h}^2)",
              "(1 - {h}^2)^2", "({z} > 0)"]),
    "sigmoid": ("sigmoid({z})", ["{h} * (1 - {h})", "({h} - {h}^2)",
                                 "sigmoid({z}) * (1 - sigmoid({z}))"],
                ["1", "{h}", "(1 - {h})", "{z} * (1 - {z})", "(1 - {h}^2)",
                 "({h} * (1 - {h}))^2", "sigmoid({h}) * (1 - sigmoid({h}))"]),
    "logistic": ("1 / (1 + exp(-{z}))", ["{h} * (1 - {h})"], ["1", "{h}", "(1 - {h}^2)"]),
    "leaky": ("where({z} > 0, {z}, 0.1 * {z})", ["where({z} > 0, 1, 0.1)"],
              ["1", "where({z} > 0, 1, 0)", "where({z} > 0, 0.1, 1)", "where({z} > 0, 1, -0.1)"]),
    "softplus": ("softplus({z})", ["sigmoid({z})", "1 / (1 + exp(-{z}))"],
                 ["1", "sigmoid({z}) * (1 - sigmoid({z}))", "{h}", "({z} > 0)"]),
    "silu": ("{z} * sigmoid({z})",
             ["(sigmoid({z}) + {z} * sigmoid({z}) * (1 - sigmoid({z})))"],
             ["1", "sigmoid({z})", "sigmoid({z}) * (1 - sigmoid({z}))"]),
    "sin": ("sin({z})", ["cos({z})"], ["1", "sin({z})", "-cos({z})"]),
    "elu": ("where({z} > 0, {z}, exp({z}) - 1)", ["where({z} > 0, 1, exp({z}))",
                                               "where({z} > 0, 1, {h} + 1)"],
            ["1", "where({z} > 0, 1, {h})", "where({z} > 0, 1, 0)"]),
    "square": ("{z}^2", ["2 * {z}", "({z} + {z})"], ["1", "{z}", "2 * {h}"]),
    "gelu_tanh": ("0.5 * {z} * (1 + tanh(0.8 * ({z} + 0.045 * {z}^3)))",
                  ["(0.5 * (1 + tanh(0.8 * ({z} + 0.045 * {z}^3))) + 0.5 * {z} * "
                   "(1 - tanh(0.8 * ({z} + 0.045 * {z}^3))^2) * 0.8 * (1 + 0.135 * {z}^2))"],
                  ["1", "0.5 * (1 + tanh(0.8 * ({z} + 0.045 * {z}^3)))"]),
}


def activation(net, kind, z, index):
    h = f"h{index}"
    forward, right, wrong = ACTIVATIONS[kind]
    net.forward.append((h, forward.format(z=z, h=h)))

    def back(dh, dz):
        texts = [f"{dh} * {text.format(z=z, h=h)}" for text in right]
        net.line(dz, *texts)
        for text in wrong:
            names = ("mask",)
            # Of a product written out, a part may be missing: a factor or term of the chain rule.
            if kind in ("silu", "square", "gelu_tanh"):
                names = ("mask", "term")
            if kind == "square" and text == "{z}":
                names = ("factor",)
            if kind == "sin" and text == "-cos({z})":
                names = ("sign", "mask")
            net.wrong(dz, f"{dh} * {text.format(z=z, h=h)}", names, f"{kind}: {text}")

    return h, back


def layer_norm(net, x, size, index):
    n, m, v = f"n{index}", f"m{index}", f"v{index}"
    net.forward += [
        (m, f"mean({x}, axis=1, keepdims=true)"), (v, f"var({x}, axis=1, keepdims=true)"),
        (n, f"({x} - {m}) / sqrt({v} + 0.01)")]

    def back(dn, dx):
        norm = f"sqrt({v} + 0.01)"
        mean = f"mean({dn}, axis=1, keepdims=true)"
        product = f"{n} * mean({dn} * {n}, axis=1, keepdims=true)"
        net.line(dx, f"({dn} - {mean} - {product}) / {norm}",
                 f"({size} * {dn} - sum({dn}, axis=1, keepdims=true) - {n} * "
                 f"sum({dn} * {n}, axis=1, keepdims=true)) / ({size} * {norm})")
        net.wrong(dx, f"({dn} - {mean}) / {norm}", "term", "layer norm without the variance's term")
        net.wrong(dx, f"({dn} - {product}) / {norm}", "term", "layer norm without the mean's term")
        net.wrong(dx, f"{dn} / {norm}", "term", "layer norm as a constant scale")

    return n, back


def batch_norm(net, x, size, index):
    n, m, v, c = f"n{index}", f"m{index}", f"v{index}", f"c{index}"
    g, e = f"g{index}", f"e{index}"
    net.setup += [f"{g} = 1 + randn(1, {size}) * 0.2", f"{e} = randn(1, {size}) * 0.2"]
    net.forward += [
        (m, f"mean({x}, axis=0, keepdims=true)"), (v, f"var({x}, axis=0, keepdims=true)"),
        (n, f"({x} - {m}) / sqrt({v} + 0.01)"), (c, f"{n} * {g} + {e}")]

    def back(dc, dx):
        dn = f"d{n}"
        norm = f"sqrt({v} + 0.01)"
        net.line(dn, f"{dc} * {g}")
        net.line(f"d{g}", f"sum({dc} * {n}, axis=0, keepdims=true)")
        net.line(f"d{e}", f"sum({dc}, axis=0, keepdims=true)")
        net.targets[g] = f"d{g}"
        net.targets[e] = f"d{e}"
        net.wrong(f"d{g}", f"sum({dc}, axis=0, keepdims=true)", ("term",), "gain: n missing")
        net.wrong(f"d{g}", f"sum({dc} * {x}, axis=0, keepdims=true)", ("stale", "term"),
                  "gain: the input for the normalized")
        net.wrong(f"d{g}", f"{dc} * {n}", "axis", "gain not summed")
        net.wrong(f"d{e}", f"sum({dc}, axis=1, keepdims=true)", "axis", "shift: other axis")
        net.wrong(dn, f"{dc}", "term", "gain missing on the way down")
        mean = f"mean({dn}, axis=0, keepdims=true)"
        product = f"{n} * mean({dn} * {n}, axis=0, keepdims=true)"
        net.line(dx, f"({dn} - {mean} - {product}) / {norm}")
        net.wrong(dx, f"({dn} - {mean}) / {norm}", "term", "batch norm without the variance's term")
        net.wrong(dx, f"({dn} - {product}) / {norm}", "term", "batch norm without the mean's term")
        net.wrong(dx, f"{dn} / {norm}", "term", "batch norm as a constant scale")

    return c, back


# Losses --------------------------------------------------------------------------------------


def reduce(net, size, rng):
    """How the terms of a loss are reduced: a prefix for the sum, and what divides the gradient."""
    kind = rng.choice(["sum", "mean", "rows"])
    n, k = net.rows, size
    return {"sum": ("sum({})", 1, []), "mean": ("mean({})", n * k, [n, k, n * k]),
            "rows": (f"sum({{}}) / {n}", n, [n])}[kind]


def divided(text, by):
    return text if by == 1 else f"({text}) / {by}"


def elementwise_loss(net, o, size, term, right, wrong, line="do"):
    """A loss that is a sum of `term` over all elements; `right` its derivatives."""
    form, by, divisors = reduce(net, size, net.rng)
    net.loss = form.format(term.format(o=o))
    texts = [divided(text.format(o=o), by) for text in right]
    net.line(line, *texts)
    base = right[0].format(o=o)
    net.wrong(line, divided(f"-({base})", by), "sign", "the loss's sign")
    for d in divisors:
        if d != by:
            net.wrong(line, divided(base, d), "factor", f"divided by {d} of {by}")
    if by != 1:
        net.wrong(line, base, "factor", "not divided")
        net.wrong(line, divided(base, by * by), "factor", "divided twice")
    else:
        net.wrong(line, divided(base, net.rows), "factor", "divided by N")
    for text, names, label in wrong:
        net.wrong(line, divided(text.format(o=o), by), names, label)


def softmax_loss(net, o, size):
    rng = net.rng
    net.setup.append(f"y = one_hot({[rng.randrange(size) for _ in range(net.rows)]}, {size})")
    p = rng.choice([
        "softmax({o})", "softmax({o})", "exp({o}) / sum(exp({o}), axis=1, keepdims=true)",
        "exp({o} - max({o}, axis=1, keepdims=true)) / "
        "sum(exp({o} - max({o}, axis=1, keepdims=true)), axis=1, keepdims=true)"])
    net.forward.append(("p", p.format(o=o)))
    if rng.random() < 0.25 and p.startswith("softmax"):
        name, by = rng.choice([("cross_entropy", net.rows), ("averageCE", net.rows * size)])
        elementwise_loss(net, o, size, "0", ["(p - y)"], softmax_mistakes(net, o))
        net.loss = f"{name}(y, p)"
        redivide(net, o, by)
    elif rng.random() < 0.2:
        net.setup.append(f"c = rand({net.rows}, 1) + 0.5")
        elementwise_loss(net, o, size, "-c * y * log(p)", ["c * (p - y)", "(c * p - c * y)"],
                         [("p - y", ("term",), "the weights of the examples missing"),
                          ("c * p", "term", "targets missing")])
    else:
        elementwise_loss(net, o, size, "-y * log(p)", ["(p - y)", "gradCE(y, p)"],
                         softmax_mistakes(net, o))


def redivide(net, o, by):
    """The head's lines for a loss that divides by `by`."""
    net.line("do", divided("(p - y)", by), divided("gradCE(y, p)", by))
    net.mistakes = [m for m in net.mistakes if m.line != "do"]
    net.wrong("do", "(p - y)", "factor", "not divided")
    net.wrong("do", divided("(y - p)", by), "sign", "y - p")
    for text, names, label in softmax_mistakes(net, o):
        net.wrong("do", divided(text.format(o=o), by), names, label)


def softmax_mistakes(net, o):
    return [
        ("(y - p)", "sign", "y - p"),
        ("(-y / p)", "logits", "with respect to the probabilities"),
        ("(p - y) * p * (1 - p)", "logits", "the softmax's derivative once more"),
        ("{o} - y", "logits", "logits for probabilities"),
        ("p", "term", "targets missing"), ("-y", "term", "probabilities missing"),
        ("(p - y) * p", "logits", "times p"), ("(p - y) / p", "logits", "divided by p"),
        ("exp({o}) / sum(exp({o}), axis=0, keepdims=true) - y", "axis", "softmax along the rows"),
        ("exp({o}) - y", "logits", "exp for softmax"),
        ("sigmoid({o}) - y", "logits", "sigmoid for softmax"),
        ("(log(p) - y)", "logits", "log of the probabilities"),
    ]


def head(net, o, size, kind):
    rng = net.rng
    n = net.rows
    if kind == "softmax":
        return softmax_loss(net, o, size)
    if kind == "kl":
        net.setup.append(f"t = softmax(randn({n}, {size}))")
        net.forward.append(("p", f"softmax({o})"))
        return elementwise_loss(
            net, o, size, "t * (log(t) - log(p))", ["(p - t)"],
            [("(t - p)", "sign", "t - p"), ("-t / p", "logits", "with respect to p"),
             ("p", "term", "targets missing")])
    if kind in ("mse", "half", "huber", "mae", "logcosh"):
        net.setup.append(f"t = randn({n}, {size})")
    if kind in ("hinge", "exponential", "squared_hinge"):
        net.setup.append(f"t = sign(randn({n}, {size}))")
    if kind == "bce":
        net.setup.append(f"t = 1 * (rand({n}, {size}) > 0.5)")
        net.forward.append(("s", rng.choice([f"sigmoid({o})", f"1 / (1 + exp(-{o}))"])))
    if kind == "poisson":
        net.setup.append(f"t = floor(3 * rand({n}, {size}))")
    extra = (("mask", "logits"))
    table = {
        "mse": ("({o} - t)^2", ["2 * ({o} - t)", "({o} - t) * 2"],
                [("({o} - t)", "factor", "the 2 missing"), ("2 * {o}", "term", "targets missing"),
                 ("2 * (t - {o})", "sign", "t - o"), ("4 * ({o} - t)", "factor", "4 for 2")]),
        "half": ("0.5 * ({o} - t)^2", ["({o} - t)"],
                 [("2 * ({o} - t)", "factor", "a 2 too many"), ("{o}", "term", "targets missing"),
                  ("({o} - t)^2", ("term", "mask"), "the loss itself")]),
        "huber": ("where(abs({o} - t) < 0.7, 0.5 * ({o} - t)^2, 0.7 * abs({o} - t) - 0.245)",
                  ["clip({o} - t, -0.7, 0.7)",
                   "where(abs({o} - t) < 0.7, {o} - t, 0.7 * sign({o} - t))"],
                  [("({o} - t)", ("mask", "term"), "huber not clipped"),
                   ("where(abs({o} - t) < 0.7, {o} - t, 0)", ("mask", "term"),
                    "huber: large ones 0")]),
        "mae": ("abs({o} - t)", ["sign({o} - t)", "where({o} > t, 1, -1)"],
                [("({o} - t)", "mask", "sign missing"), ("1 * ({o} > t)", "mask", "0 for -1")]),
        "logcosh": ("softplus(2 * ({o} - t)) - ({o} - t)", ["tanh({o} - t)"],
                    [("({o} - t)", ("mask", "term", "unknown"), "tanh missing")]),
        "hinge": ("maximum(0, 1 - t * {o})", ["-t * (t * {o} < 1)", "where(t * {o} < 1, -t, 0)"],
                  [("-t", "mask", "hinge without its mask"),
                   ("-1 * (t * {o} < 1)", "term", "targets missing"),
                   ("-t * (t * {o} > 1)", "mask", "mask inverted")]),
        "squared_hinge": ("maximum(0, 1 - t * {o})^2", ["-2 * t * maximum(0, 1 - t * {o})"],
                          [("-t * maximum(0, 1 - t * {o})", "factor", "the 2 missing"),
                           ("-2 * t * (1 - t * {o})", "mask", "mask missing")]),
        "exponential": ("exp(-t * {o})", ["-t * exp(-t * {o})"],
                        [("exp(-t * {o})", "term", "the factor -t missing"),
                         ("-t", ("mask", "term"), "the exponential missing")]),
        "bce": ("-(t * log(s) + (1 - t) * log(1 - s))", ["(s - t)"],
                [("(t - s)", "sign", "t - s"), ("(s - t) * s * (1 - s)", extra, "s' once more"),
                 ("(s - t) / (s * (1 - s))", extra, "with respect to s"),
                 ("({o} - t)", ("mask", "logits"), "logits for probabilities"),
                 ("-t * (1 - s)", "term", "the other class missing"),
                 ("s", "term", "targets missing")]),
        "poisson": ("exp({o}) - t * {o}", ["(exp({o}) - t)"],
                    [("exp({o})", "term", "targets missing"), ("-t", "term", "exp missing"),
                     ("({o} - t)", ("mask", "term"), "exp left out")]),
    }
    term, right, wrong = table[kind]
    elementwise_loss(net, o, size, term, right, wrong)


HEADS = ["softmax", "softmax", "softmax", "mse", "half", "bce", "huber", "mae", "hinge",
         "squared_hinge", "exponential", "poisson", "kl", "logcosh"]


def penalty(net):
    """Adds a penalty on one of the weights to the loss, or to the gradient alone."""
    rng = net.rng
    weights = [w for w in net.targets if w.startswith("W") or w.startswith("A")]
    if not weights:
        return
    w = rng.choice(weights)
    line = net.targets[w]
    data = net.backward[line]
    rate = rng.choice([0.1, 0.05, 0.3])
    net.setup.append(f"lambda = {rate}")
    kinds = {
        "l2": (f"lambda * sum({w}^2)", f"2 * lambda * {w}",
               [f"lambda * {w}", f"4 * lambda * {w}", f"2 * lambda * sign({w})", f"2 * {w}",
                f"2 * lambda * {w} / {net.rows}"]),
        "half": (f"lambda / 2 * sum({w} * {w})", f"lambda * {w}",
                 [f"2 * lambda * {w}", f"lambda * {w} / 2", f"lambda * sign({w})"]),
        "l1": (f"lambda * sum(abs({w}))", f"lambda * sign({w})", [f"lambda * {w}",
                                                              f"2 * lambda * sign({w})"]),
    }
    loss, right, wrong = kinds[rng.choice(sorted(kinds))]
    net.loss = f"{net.loss} + {loss}"
    net.kind += " penalty"
    # The mistakes of the data's term stay, beside the penalty.
    net.mistakes = [m for m in net.mistakes if m.line != line]
    net.line(line, f"{data} + {right}", f"{right} + {data}")
    net.wrong(line, data, "regularizer", "penalty missing")
    net.wrong(line, f"{data} - {right}", ("regularizer", "sign"), "the penalty's sign")
    for text in wrong:
        net.wrong(line, f"{data} + {text}", "regularizer", f"penalty: {text}")


def unwanted_penalty(net):
    for w, line in net.targets.items():
        if w.startswith("W"):
            net.wrong(line, f"{net.backward[line]} + 0.1 * {w}", "regularizer", "a penalty too many")


# Whole networks ------------------------------------------------------------------------------


def perceptron(rng, depth):
    net = Network(rng, rows=rng.randint(5, 9), kind=f"perceptron {depth}")
    features = rng.randint(3, 6)
    net.setup.append(f"x = randn({net.rows}, {features})")
    x, size, backs = "x", features, []
    for index in range(1, depth + 1):
        hidden = size if rng.random() < 0.35 else rng.randint(3, 6)
        z, back = dense(net, x, size, hidden, index, f"dh{index - 1}" if index > 1 else None)
        kind = rng.choice(sorted(ACTIVATIONS))
        h, act = activation(net, kind, z, index)
        backs.append((back, act))
        extra = None
        if rng.random() < 0.12:
            h, extra = layer_norm(net, h, hidden, index)
        elif rng.random() < 0.12:
            h, extra = batch_norm(net, h, hidden, index)
        backs[-1] = (back, act, extra, h)
        x, size = h, hidden
    outputs = rng.choice([1, 2, 3, 4])
    kind = rng.choice(HEADS)
    if kind in ("softmax", "kl"):
        outputs = rng.randint(3, 5)
    z, last = dense(net, x, size, outputs, depth + 1, f"dh{depth}" if depth else None)
    head(net, z, outputs, kind)
    net.kind += " " + kind
    last("do")
    for index in range(depth, 0, -1):
        back, act, extra, _ = backs[index - 1]
        dh = f"dh{index}"
        if extra:
            extra(dh, f"dx{index}")
            dh = f"dx{index}"
        act(dh, f"dz{index}")
        back(f"dz{index}")
    if rng.random() < 0.25:
        penalty(net)
    else:
        unwanted_penalty(net)
    return net


def residual(rng):
    net = Network(rng, rows=rng.randint(5, 8), kind="residual")
    size = rng.randint(3, 5)
    net.setup.append(f"x = randn({net.rows}, {size})")
    z1, back1 = dense(net, "x", size, size, 1)
    h1, act1 = activation(net, rng.choice(["relu", "tanh", "sigmoid"]), z1, 1)
    z2, back2 = dense(net, h1, size, size, 2, "dr")
    h2, act2 = activation(net, rng.choice(["relu", "tanh", "softplus"]), z2, 2)
    net.forward.append(("u", rng.choice([f"{h1} + {h2}", f"{h2} + {h1}"])))
    outputs = rng.randint(2, 4)
    z3, back3 = dense(net, "u", size, outputs, 3, "du")
    head(net, z3, outputs, rng.choice(["softmax", "mse", "half", "bce"]))
    back3("do")
    act2("du", "dz2")
    back2("dz2")
    net.line("dh1", "du + dr", "dr + du")
    net.wrong("dh1", "dr", "term", "the skip path forgotten")
    net.wrong("dh1", "du", "term", "the inner path forgotten")
    net.wrong("dh1", "du - dr", "sign", "a path's sign")
    net.wrong("dh1", "du + 2 * dr", ("term", "factor"), "a path twice")
    act1("dh1", "dz1")
    back1("dz1")
    return net


def attention(rng):
    net = Network(rng, rows=rng.randint(4, 6), kind="attention")
    n, size = net.rows, rng.randint(3, 5)
    inner = size if rng.random() < 0.5 else rng.randint(2, 4)
    scale = rng.choice([f"sqrt({inner})", "2"])
    net.setup += [f"x = randn({n}, {size})"] + [
        f"{w} = randn({size}, {inner}) * 0.6" for w in ("Wq", "Wk", "Wv")]
    causal = rng.random() < 0.4
    if causal:
        net.setup.append(f"M = {[[0 if j <= i else -1e9 for j in range(n)] for i in range(n)]}")
        net.kind += " causal"
    net.forward += [("Q", "x @ Wq"), ("K", "x @ Wk"), ("V", "x @ Wv"),
                    ("S", f"Q @ K' / {scale}" + (" + M" if causal else "")),
                    ("A", "softmax(S)"), ("C", "A @ V")]
    outputs = rng.randint(2, 4)
    z, back = dense(net, "C", inner, outputs, 1, "dC")
    head(net, z, outputs, rng.choice(["mse", "half", "softmax"]))
    back("do")
    net.line("dA", "dC @ V'")
    if inner == n:
        net.wrong("dA", "dC @ V", "transposed", "V not transposed")
    net.line("dV", "A' @ dC")
    net.wrong("dV", "A @ dC", "transposed", "A not transposed")
    net.line("dS", "A * (dA - sum(dA * A, axis=1, keepdims=true))",
             "(A * dA - A * sum(dA * A, axis=1, keepdims=true))")
    net.wrong("dS", "A * dA", ("term", "logits"), "the softmax's sum missing")
    net.wrong("dS", "A * (1 - A) * dA", ("term", "logits"), "the diagonal alone")
    net.wrong("dS", "dA", "logits", "the softmax's derivative missing")
    net.wrong("dS", "A * (dA - sum(dA * A, axis=0, keepdims=true))", "axis", "summed along columns")
    net.line("dQ", f"dS @ K / {scale}")
    net.wrong("dQ", "dS @ K", "factor", "scale missing")
    net.wrong("dQ", f"dS' @ K / {scale}", "transposed", "dS transposed for Q")
    net.line("dK", f"dS' @ Q / {scale}")
    net.wrong("dK", f"dS @ Q / {scale}", "transposed", "dS not transposed for K")
    net.wrong("dK", "dS' @ Q", "factor", "scale missing")
    for w, d in (("Wq", "dQ"), ("Wk", "dK"), ("Wv", "dV")):
        net.line(f"d{w}", f"x' @ {d}")
        net.wrong(f"d{w}", f"-x' @ {d}", "sign", "sign")
        net.targets[w] = f"d{w}"
        if size == inner:
            net.wrong(f"d{w}", f"(x' @ {d})'", "transposed", "transposed")
        else:
            net.wrong(f"d{w}", f"{d}' @ x", "transposed", "transposed")
    net.wrong("dWq", "x' @ dS @ K", "factor", "scale missing")
    return net


def recurrent(rng):
    steps = rng.randint(2, 4)
    net = Network(rng, rows=rng.randint(4, 6), kind=f"recurrent {steps}")
    n, f, h = net.rows, rng.randint(2, 4), rng.randint(3, 5)
    net.setup += [f"x{t} = randn({n}, {f})" for t in range(1, steps + 1)]
    net.setup += [f"Wx = randn({f}, {h}) * 0.5", f"Wh = randn({h}, {h}) * 0.5",
                  f"bh = randn(1, {h}) * 0.3", f"h0 = randn({n}, {h}) * 0.3"]
    for t in range(1, steps + 1):
        net.forward.append((f"h{t}", f"tanh(x{t} @ Wx + h{t - 1} @ Wh + bh)"))
    outputs = rng.randint(2, 4)
    z, back = dense(net, f"h{steps}", h, outputs, 9, f"dh{steps}")
    head(net, z, outputs, rng.choice(["softmax", "mse", "half"]))
    back("do")
    for t in range(steps, 0, -1):
        net.line(f"da{t}", f"dh{t} * (1 - h{t}^2)")
        net.wrong(f"da{t}", f"dh{t}", "mask", f"tanh missing at step {t}")
        net.wrong(f"da{t}", f"dh{t} * (1 - h{t})", "mask", f"square missing at step {t}")
        if t > 1:
            net.line(f"dh{t - 1}", f"da{t} @ Wh'")
            net.wrong(f"dh{t - 1}", f"da{t} @ Wh", "transposed", "Wh not transposed")
    wx = [f"x{t}' @ da{t}" for t in range(1, steps + 1)]
    wh = [f"h{t - 1}' @ da{t}" for t in range(1, steps + 1)]
    b = [f"sum(da{t}, axis=0, keepdims=true)" for t in range(1, steps + 1)]
    for name, terms in (("dWx", wx), ("dWh", wh), ("dbh", b)):
        net.line(name, " + ".join(terms), " + ".join(reversed(terms)))
        net.targets[name[1:]] = name
        net.wrong(name, " + ".join(terms[1:]), "term", "the first step forgotten")
        net.wrong(name, " + ".join(terms[:-1]), "term", "the last step forgotten")
        net.wrong(name, f"-({' + '.join(terms)})", "sign", "sign")
    net.wrong("dWh", " + ".join(f"h{t}' @ da{t}" for t in range(1, steps + 1)),
              ("stale", "mask", "term"), "the state after the step")
    net.wrong("dWh", f"({' + '.join(wh)})'", "transposed", "transposed")
    return net


def embedding(rng):
    net = Network(rng, rows=rng.randint(5, 8), kind="embedding")
    n, words, size = net.rows, rng.randint(4, 6), rng.randint(2, 4)
    ids = [rng.randrange(words) for _ in range(n)]
    net.setup += [f"ids = {ids}", f"E = randn({words}, {size}) * 0.7"]
    net.forward.append(("e", rng.choice(["E[ids]", f"one_hot(ids, {words}) @ E"])))
    hidden, act = (None, None)
    x = "e"
    if rng.random() < 0.5:
        x, act = activation(net, rng.choice(["tanh", "relu"]), "e", 1)
    outputs = rng.randint(2, 4)
    z, back = dense(net, x, size, outputs, 1, "dx")
    head(net, z, outputs, rng.choice(["softmax", "mse", "bce"]))
    back("do")
    de = "dx"
    if act:
        act("dx", "de")
        de = "de"
    net.line("dE", f"one_hot(ids, {words})' @ {de}")
    net.targets["E"] = "dE"
    net.wrong("dE", f"-one_hot(ids, {words})' @ {de}", "sign", "sign")
    net.wrong("dE", f"one_hot(ids, {words})' @ {de} / {n}", "factor", "divided by N")
    net.wrong("dE", f"{de}' @ one_hot(ids, {words})", "transposed", "transposed")
    return net


def autoencoder(rng):
    net = Network(rng, rows=rng.randint(5, 8), kind="autoencoder")
    f, h = rng.randint(3, 5), rng.randint(2, 3)
    net.setup += [f"x = randn({net.rows}, {f})", f"W = randn({f}, {h}) * 0.5"]
    net.forward.append(("z", "x @ W"))
    act_kind = rng.choice(["tanh", "sigmoid", "relu"])
    h1, act = activation(net, act_kind, "z", 1)
    net.forward.append(("o", f"{h1} @ W'"))
    elementwise_loss(net, "o", f, "({o} - x)^2", ["2 * ({o} - x)"],
                     [("({o} - x)", "factor", "the 2 missing"),
                      ("2 * {o}", "term", "the input missing")])
    net.line("dh", "do @ W")
    act("dh", "dz")
    net.line("dW", f"x' @ dz + do' @ {h1}", f"do' @ {h1} + x' @ dz")
    net.wrong("dW", "x' @ dz", "term", "the decoder's use forgotten")
    net.wrong("dW", f"do' @ {h1}", "term", "the encoder's use forgotten")
    net.wrong("dW", f"x' @ dz - do' @ {h1}", "sign", "a term's sign")
    net.targets["W"] = "dW"
    return net


def gated(rng):
    net = Network(rng, rows=rng.randint(5, 8), kind="gated")
    f, h = rng.randint(3, 5), rng.randint(3, 5)
    net.setup += [f"x = randn({net.rows}, {f})", f"A = randn({f}, {h}) * 0.5",
                  f"B = randn({f}, {h}) * 0.5"]
    net.forward += [("a", "sigmoid(x @ A)"), ("g", "tanh(x @ B)"), ("u", "a * g")]
    outputs = rng.randint(2, 4)
    z, back = dense(net, "u", h, outputs, 1, "du")
    head(net, z, outputs, rng.choice(["softmax", "mse", "half"]))
    back("do")
    net.line("da", "du * g")
    net.line("dg", "du * a")
    net.wrong("da", "du", "term", "the other factor missing")
    net.wrong("dg", "du", "term", "the other factor missing")
    net.line("dA", "x' @ (da * a * (1 - a))")
    net.line("dB", "x' @ (dg * (1 - g^2))")
    net.wrong("dA", "x' @ da", "mask", "sigmoid's derivative missing")
    net.wrong("dA", "x' @ (da * (1 - a^2))", "mask", "tanh's derivative for sigmoid's")
    net.wrong("dB", "x' @ dg", "mask", "tanh's derivative missing")
    net.wrong("dB", "x' @ (dg * g * (1 - g))", "mask", "sigmoid's derivative for tanh's")
    net.wrong("dA", "-x' @ (da * a * (1 - a))", "sign", "sign")
    net.targets.update({"A": "dA", "B": "dB"})
    return net


def convolution(rng):
    """A convolution along one axis, by unfolding."""
    net = Network(rng, rows=rng.randint(3, 4), kind="convolution")
    n, length, k, c = net.rows, rng.randint(5, 7), rng.randint(2, 3), rng.randint(2, 3)
    out = length - k + 1
    net.setup += [f"X = randn({n}, {length})", f"W1 = randn({k}, {c}) * 0.6",
                  f"b1 = randn(1, {c}) * 0.2",
                  "U = concat([" + ", ".join(f"X[:, {i}:{i + k}]" for i in range(out)) + "], axis=0)"]
    net.forward.append(("z1", "U @ W1 + b1"))
    h, act = activation(net, rng.choice(["relu", "tanh", "leaky"]), "z1", 1)
    rows = n * out
    net.forward.append(("q", f"mean(reshape({h}, [{out}, {n}, {c}]), axis=0)"))
    outputs = rng.randint(2, 3)
    z, back = dense(net, "q", c, outputs, 2, "dq")
    head(net, z, outputs, rng.choice(["softmax", "mse"]))
    back("do")
    net.line("dh", "concat([" + ", ".join(["dq"] * out) + f"], axis=0) / {out}")
    net.wrong("dh", "concat([" + ", ".join(["dq"] * out) + "], axis=0)", "factor", "mean's factor")
    act("dh", "dz")
    net.line("dW1", "U' @ dz")
    net.line("db1", "sum(dz, axis=0, keepdims=true)")
    net.wrong("dW1", "-U' @ dz", "sign", "sign")
    net.wrong("dW1", f"U' @ dz / {rows}", "factor", "divided by the positions")
    net.wrong("db1", "mean(dz, axis=0, keepdims=true)", ("factor", "axis"), "mean for sum")
    net.wrong("dW1", "dz' @ U", "transposed", "transposed")
    net.targets.update({"W1": "dW1", "b1": "db1"})
    return net


def quadratic(rng):
    """Quadratic forms and products of norms in a vector."""
    net = Network(rng, rows=1, kind="quadratic")
    n = rng.randint(3, 6)
    net.setup += [f"w = randn({n})", f"A = randn({n}, {n})", f"c = randn({n})"]
    kind = rng.choice(["form", "norms", "ratio", "logsumexp", "rosenbrock"])
    if kind == "form":
        net.loss = "w @ A @ w + c @ w"
        net.line("dw", "A @ w + A' @ w + c", "(A + A') @ w + c")
        net.wrong("dw", "A @ w + c", "term", "the other use of w")
        net.wrong("dw", "2 * A @ w + c", ("transposed", "term"), "A taken for symmetric")
        net.wrong("dw", "A @ w + A' @ w", "term", "the linear term")
        net.wrong("dw", "A @ w + A' @ w - c", "sign", "the linear term's sign")
    elif kind == "norms":
        net.loss = "sum(w^2) * sum((w - c)^2)"
        net.line("dw", "2 * w * sum((w - c)^2) + 2 * (w - c) * sum(w^2)")
        net.wrong("dw", "2 * w * sum((w - c)^2)", "term", "product rule")
        net.wrong("dw", "w * sum((w - c)^2) + (w - c) * sum(w^2)", "factor", "the 2")
        net.wrong("dw", "2 * w * sum((w - c)^2) - 2 * (w - c) * sum(w^2)", "sign", "sign of a term")
    elif kind == "ratio":
        net.loss = "(c @ w) / sqrt(sum(w^2))"
        net.line("dw", "c / norm(w) - (c @ w) * w / norm(w)^3")
        net.wrong("dw", "c / norm(w)", "term", "the quotient's second term")
        net.wrong("dw", "c / norm(w) + (c @ w) * w / norm(w)^3", "sign", "sign of a term")
        net.wrong("dw", "c / norm(w) - (c @ w) * w / norm(w)", ("term", "factor"), "norm's power")
    elif kind == "logsumexp":
        net.loss = "log(sum(exp(w))) - c @ w"
        net.line("dw", "exp(w) / sum(exp(w)) - c", "softmax(w) - c")
        net.wrong("dw", "softmax(w)", "term", "the linear term")
        net.wrong("dw", "exp(w) - c", ("term", "mask", "logits"), "exp for softmax")
        net.wrong("dw", "softmax(w) + c", "sign", "the linear term's sign")
    else:
        net.loss = "sum((w - 1)^2 * (w + c)^2)"
        net.line("dw", "2 * (w - 1) * (w + c)^2 + 2 * (w - 1)^2 * (w + c)")
        net.wrong("dw", "2 * (w - 1) * (w + c)^2", "term", "product rule")
        net.wrong("dw", "(w - 1) * (w + c)^2 + (w - 1)^2 * (w + c)", "factor", "the 2")
    net.targets["w"] = "dw"
    return net


KINDS = [
    (lambda rng: perceptron(rng, 0), 3), (lambda rng: perceptron(rng, 1), 5),
    (lambda rng: perceptron(rng, 2), 4), (lambda rng: perceptron(rng, 3), 2), (residual, 2),
    (attention, 3), (recurrent, 2), (embedding, 1), (autoencoder, 1), (gated, 1),
    (convolution, 1), (quadratic, 1),
]


def network(rng):
    makers = [maker for maker, weight in KINDS for _ in range(weight)]
    return rng.choice(makers)(rng)
