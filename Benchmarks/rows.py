"""The rows of the comparison: what both sides run, and what is compared."""

import dataclasses
import functools
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable

import inputs
from measure import Measurement

PYTHON = sys.executable


def own_seconds(measurement: Measurement):
    """What the program measured of itself."""
    return measurement.seconds


def wall_seconds(measurement: Measurement):
    """The whole process, from outside."""
    return measurement.wall


def peak_memory(measurement: Measurement):
    """The process's largest resident set in megabytes."""
    return measurement.peak_megabytes


@dataclasses.dataclass
class Row:
    """One line of the table. `goal` is the least ratio aimed at; `flops`, `bytes` are of one unit
    of work, for the share of the machine's limits."""

    name: str
    peer: str
    ours: list
    theirs: list
    goal: float | None = None
    figure: Callable = own_seconds
    unit: str = "s"
    tolerance: float = 1e-3
    flops: float = 0
    bytes: float = 0
    prepare: Callable = lambda: None
    environment: dict = dataclasses.field(default_factory=dict)
    folder: pathlib.Path | None = None

    def share_of_machine(self, seconds, limits):
        """What is reached of the peak or of the bandwidth, where the row has either."""
        if self.flops:
            return f"{100 * self.flops / seconds / limits.flops:.0f} % of peak"
        if self.bytes:
            return f"{100 * self.bytes / seconds / limits.bandwidth:.0f} % of bandwidth"
        return ""


class Sides:
    """The commands of both sides."""

    def __init__(self, here: pathlib.Path):
        self.here = here
        built = here.parent / ".build" / "release" / "nnsh"
        self.nnsh = os.environ.get("NNSH", str(built))

    def ours(self, program, *arguments):
        script = str(self.here / "programs" / f"{program}.nns")
        return [self.nnsh, "-q", script, *(str(argument) for argument in arguments)]

    def theirs(self, program, **options):
        script = str(self.here / "peers" / f"{program}.py")
        return [PYTHON, script, *(f"{name}={value}" for name, value in options.items())]


def full_batch(sides, name, sizes, rows, goal, precision="f32", peer="PyTorch eager", epochs=8):
    """One full-batch epoch of a network of these layer sizes."""
    weights, data, prepare = inputs.network(sides.here, sizes, rows)
    depth = len(sizes) - 1
    products = sum(a * b for a, b in zip(sizes, sizes[1:]))
    # Forward and weight gradient of every layer, input gradient of all but the first.
    flops = 2 * rows * (3 * products - sizes[0] * sizes[1])
    return Row(
        name,
        peer,
        sides.ours("train_full", weights, data, depth, epochs, 0.05, 0.9, precision),
        sides.theirs(
            "torch_train",
            weights=weights,
            data=data,
            epochs=epochs,
            rate=0.05,
            momentum=0.9,
            precision=precision,
        ),
        goal=goal,
        flops=flops if precision == "f32" else 0,
        tolerance=1e-3 if precision == "f32" else 2e-2,
        prepare=prepare,
    )


def steps(sides, name, sizes, batch, goal, count, rate=0.01):
    """One minibatch step of a network of these layer sizes, over about `count` of them."""
    rows = 10_000
    epochs = max(1, round(count / (rows // batch)))
    weights, data, prepare = inputs.network(sides.here, sizes, rows)
    depth = len(sizes) - 1
    return Row(
        name,
        "PyTorch eager",
        sides.ours("train_steps", weights, data, depth, batch, epochs, rate, 0.9),
        sides.theirs(
            "torch_train",
            weights=weights,
            data=data,
            batch=batch,
            epochs=epochs,
            rate=rate,
            momentum=0.9,
        ),
        goal=goal,
        tolerance=5e-3,
        prepare=prepare,
    )


def report(sides, dtype, goal):
    """The report's functions, typed out on both sides."""
    weights, data, prepare = inputs.network(sides.here, [784, 1000, 10], 10_000)
    return Row(
        f"report-functions-vs-{dtype}",
        f"NumPy {dtype}",
        sides.ours("report", weights, data, 6),
        sides.theirs("numpy_report", weights=weights, data=data, epochs=6, dtype=dtype),
        goal=goal,
        prepare=prepare,
    )


def network_rows(sides):
    """Training."""
    paper = [784, 1000, 10]
    small = [784, 128, 10]
    yield full_batch(sides, "epoch", paper, 10_000, 2.3)
    yield full_batch(sides, "epoch-bf16", paper, 10_000, 1.2, "bf16", "PyTorch bf16 autocast")
    yield steps(sides, "step-128", paper, 128, 2.5, 600)
    yield steps(sides, "step-32", small, 32, 3, 4000)
    yield steps(sides, "step-1", small, 1, 4, 8000)
    yield report(sides, "float32", 5)
    yield report(sides, "float64", 10)
    memory = full_batch(sides, "memory-200-epochs", paper, 10_000, 3, epochs=200)
    memory.figure, memory.unit, memory.flops = peak_memory, "MB", 0
    yield memory


def own_steps(sides, activation, batch):
    """A step of a loop of one's own: gradients by `grad`, updates written out."""
    weights, data, prepare = inputs.network(sides.here, [784, 128, 10], 10_000)
    count = max(50, 20_000 // batch)
    return Row(
        f"own-{activation}-batch-{batch}",
        "PyTorch eager",
        sides.ours("own_steps", weights, data, activation, batch, count, 0.01),
        sides.theirs(
            "torch_own_steps",
            weights=weights,
            data=data,
            activation=activation,
            batch=batch,
            steps=count,
            rate=0.01,
        ),
        goal=2.5,
        tolerance=5e-3,
        prepare=prepare,
    )


def own_network(sides, activation, batch):
    """A step of `train` with layers and a loss of one's own, beside the built-in ones."""
    weights, data, prepare = inputs.network(sides.here, [784, 128, 10], 10_000)

    def side(kind):
        return sides.ours(
            "own_network", weights, data, kind, activation, batch, 20_000 // batch, 0.002, 0.9
        )

    return Row(
        f"own-network-{activation}-batch-{batch}",
        "the built-in layers",
        side("own"),
        side("builtin"),
        goal=0.77,
        tolerance=5e-3,
        prepare=prepare,
    )


def own_rows(sides):
    """What a person writes: a loop with `grad`, layers and a loss of one's own in a network, and a
    loss of single numbers."""
    for activation in ("relu", "tanh", "gelu"):
        for batch in (16, 32, 128, 1024):
            yield own_steps(sides, activation, batch)
    for activation in ("relu", "gelu"):
        for batch in (16, 32, 128, 1024):
            yield own_network(sides, activation, batch)
    yield Row(
        "scalars-1000",
        "PyTorch eager",
        sides.ours("scalars"),
        sides.theirs("torch_scalars"),
        goal=10,
    )


def model_rows(sides):
    """An epoch of models that people know, by Adam, from the same weights."""
    folder = sides.here / "out"
    goals = {"conv": 3, "resnet": 1.5, "autoencoder": 1.5, "lstm": 1.5, "gpt": 1.5}
    for kind, goal in goals.items():
        yield Row(
            f"model-{kind}",
            "PyTorch eager",
            sides.ours("models", kind, folder),
            sides.theirs("models", kind=kind, folder=folder),
            goal=goal,
            tolerance=5e-3,
            prepare=functools.partial(
                subprocess.run, sides.ours("models", kind, folder, "write"), check=True
            ),
        )


STAGES = (
    "dense activations dropout layer_norm residual conv2d conv_transpose2d conv1d pools batch_norm "
    "group_norm upsample embedding positional rnn lstm gru attention transformer"
).split()


def stage_rows(sides):
    """Layers with a backward pass written by hand beside what a plan makes of the same layers: such
    a pass stays only where it is faster by more than 3 %."""
    for kind in STAGES:
        yield Row(
            f"stage-{kind.replace('_', '-')}",
            "the layer's plan",
            sides.ours("stages", kind, "on"),
            sides.ours("stages", kind, "off"),
            goal=1.03,
            # Dropout draws a mask a layer, the same in both.
            tolerance=1e-3,
        )


def width_rows(sides):
    """Other widths, depths and batches, so that nothing is tuned to the report's alone."""
    networks = (
        [100, 10],
        [784, 64, 10],
        [784, 2000, 10],
        [300, 500, 300, 20],
        [64, 128, 128, 128, 10],
        [784, 800, 400, 200, 100, 10],
        [784, 256, 128, 64, 32, 16, 10],
    )
    for sizes in networks:
        for batch in (1, 16, 64, 256, 1024, 4096):
            name = f"sizes-{'x'.join(str(size) for size in sizes)}-batch-{batch}"
            count = max(20, min(4000, 40_000 // batch))
            # A deep network at a high rate soon magnifies the last digit's differences.
            rate = 0.01 if len(sizes) < 5 else 0.001
            yield steps(sides, name, sizes, batch, 1, count, rate)


def kernel_rows(sides):
    """Elementwise chains and softmax."""
    count = 10_000_000
    yield Row(
        "chain",
        "NumPy",
        sides.ours("chain", count, 20),
        sides.theirs("numpy_chain", count=count, repeat=20),
        goal=2.5,
        bytes=12 * count,
    )
    for columns, repeat in ((10, 200), (1000, 20)):
        for peer, goal in (("numpy", 3), ("torch", 1)):
            yield Row(
                f"softmax-{columns}-vs-{peer}",
                {"numpy": "NumPy", "torch": "PyTorch"}[peer],
                sides.ours("softmax", 10_000, columns, repeat),
                sides.theirs(
                    "softmax", library=peer, rows=10_000, columns=columns, repeat=repeat
                ),
                goal=goal,
            )


def small_rows(sides):
    """Single operations on few numbers."""
    for kind in ("product", "exp", "dot", "matrix_vector"):
        yield Row(
            f"small-{kind.replace('_', '-')}",
            "NumPy",
            sides.ours("small", kind),
            sides.theirs("numpy_small", kind=kind),
            goal=0.9,
        )


def interpreter_rows(sides):
    """Scalar code and start-up."""
    yield Row("fib-30", "CPython", sides.ours("fib"), sides.theirs("scalar", work="fib"), goal=1)
    yield Row("loop-5M", "CPython", sides.ours("loop"), sides.theirs("scalar", work="loop"), goal=1)
    yield Row(
        "start",
        "import torch",
        [sides.nnsh, "-c", "1+1"],
        [PYTHON, "-c", "import torch; print(1+1)"],
        goal=100,
        figure=wall_seconds,
    )


def text_rows(sides):
    """Words and characters."""
    sys.path.insert(0, str(sides.here / "peers"))
    from text import WORKS

    for work in WORKS:
        yield Row(
            f"text-{work.replace('_', '-')}",
            "CPython",
            sides.ours("text", work),
            sides.theirs("text", work=work),
            goal=1,
        )


def course_rows(sides):
    """The programs under examples/course, from their first line to their last."""
    # What is drawn at random differs between the sides.
    drawn = {"gaussian_mixture": 0.2, "k_means": 0.05, "nearest_neighbours": 1e-3, "pca": 1e-3}
    for program in sorted((sides.here / "programs" / "course").glob("*.nns")):
        yield Row(
            f"course-{program.stem.replace('_', '-')}",
            "Python",
            sides.ours(f"course/{program.stem}"),
            sides.theirs("course", name=program.stem),
            goal=0.9,
            tolerance=drawn.get(program.stem, 1e-3),
            prepare=functools.partial(inputs.letters, sides.here, sides.nnsh),
            folder=sides.here.parent / "examples" / "course",
        )


def file_rows(sides):
    """Reading files."""
    idx, prepare_idx = inputs.idx(sides.here)
    csv, prepare_csv = inputs.csv(sides.here)
    yield Row(
        "load-idx",
        "NumPy",
        sides.ours("load", idx),
        sides.theirs("load", format="idx", path=idx),
        goal=1,
        prepare=prepare_idx,
    )
    yield Row(
        "load-csv",
        "pandas, pyarrow",
        sides.ours("load", csv),
        sides.theirs("load", format="csv", path=csv),
        goal=1,
        prepare=prepare_csv,
    )


def all_rows(here):
    """Every row in the order of the table."""
    sides = Sides(here)
    groups = (
        network_rows,
        model_rows,
        own_rows,
        stage_rows,
        kernel_rows,
        small_rows,
        interpreter_rows,
        text_rows,
        course_rows,
        file_rows,
        width_rows,
    )
    return [row for group in groups for row in group(sides)]


def scaling_rows(here):
    """What is measured on every number of threads: training, its largest product, elementwise
    work, softmax, a convolutional network."""
    sides = Sides(here)
    large = [784, 2000, 10]
    yield Row(
        "product",
        "PyTorch",
        sides.ours("product", 60_000, 784, 2000, 5),
        sides.theirs("torch_product", rows=60_000, inner=784, columns=2000, repeat=5),
        flops=2 * 60_000 * 784 * 2000,
    )
    yield full_batch(sides, "large-epoch", large, 60_000, 1.2, epochs=3)
    chosen = (
        "epoch", "step-128", "step-32", "step-1", "model-conv", "chain", "softmax-1000-vs-torch"
    )
    for group in (network_rows, model_rows, kernel_rows):
        for row in group(sides):
            if row.name in chosen:
                yield row
