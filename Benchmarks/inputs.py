"""Makes the files that both sides read, once, in Benchmarks/out."""

import functools
import subprocess


def network(here, sizes, rows):
    """Weights and data of a network of these sizes: two .npz files and what writes them."""
    stem = "x".join(str(size) for size in sizes)
    weights = here / "out" / f"weights-{stem}.npz"
    data = here / "out" / f"data-{sizes[0]}x{sizes[-1]}-{rows}.npz"
    return weights, data, functools.partial(_write_network, weights, data, sizes, rows)


def _write_network(weights, data, sizes, rows):
    import numpy as np

    draw = np.random.default_rng(7)
    if not weights.exists():
        arrays = {}
        for i, (inputs, outputs) in enumerate(zip(sizes, sizes[1:]), start=1):
            scale = np.sqrt(2 / (inputs + outputs))
            arrays[f"W{i}"] = (scale * draw.standard_normal((inputs, outputs))).astype(np.float32)
            arrays[f"b{i}"] = np.zeros(outputs, np.float32)
        np.savez(weights, **arrays)
    if not data.exists():
        labels = draw.integers(0, sizes[-1], rows)
        x = draw.random((rows, sizes[0]), dtype=np.float32)
        x[np.arange(rows), labels % sizes[0]] += 1
        y = np.eye(sizes[-1], dtype=np.float32)[labels]
        np.savez(data, x=x, y=y, labels=labels.astype(np.int32))


def letters(here, nnsh):
    """The letters that are part of nnsh, packed as they are there, as an .npz file for the peers."""
    path = here / "out" / "letters.npz"
    if path.exists():
        return
    fields = "x: d.train.x, y: d.train.y, labels: d.train.labels"
    tests = "test_x: d.test.x, test_labels: d.test.labels"
    code = f"load letters as d; save {{{fields}, {tests}}} to {path}"
    subprocess.run([nnsh, "-q", "-c", code], check=True, stderr=subprocess.DEVNULL)

    import numpy as np

    np.savez_compressed(path, **np.load(path))


def idx(here):
    """60,000 images of 28×28 as an IDX file."""
    path = here / "out" / "images-idx3-ubyte"
    return path, functools.partial(_write_idx, path)


def _write_idx(path):
    import struct

    import numpy as np

    if not path.exists():
        pixels = np.random.default_rng(1).integers(0, 256, 60_000 * 784, dtype=np.uint8)
        path.write_bytes(struct.pack(">IIII", 0x803, 60_000, 28, 28) + pixels.tobytes())


def csv(here):
    """About 200 MB of numbers in 100 columns, with a header."""
    path = here / "out" / "table.csv"
    return path, functools.partial(_write_csv, path)


def _write_csv(path):
    import numpy as np
    import pandas

    if not path.exists():
        values = np.random.default_rng(2).standard_normal((220_000, 100)).astype(np.float32)
        frame = pandas.DataFrame(values, columns=[f"c{i}" for i in range(100)])
        frame.to_csv(path, index=False)
