"""Reading files: options format=idx|csv path= (csv by pandas' pyarrow engine)."""

import gzip
import struct

import numpy as np

from common import option, report, timed

path = option("path", "")
last = []


def idx():
    opened = gzip.open(path) if path.endswith(".gz") else open(path, "rb")
    with opened as file:
        _, count, height, width = struct.unpack(">IIII", file.read(16))
        pixels = np.frombuffer(file.read(), np.uint8).reshape(count, height * width)
    last[:] = [pixels.astype(np.float32)]


def csv():
    import pandas

    frame = pandas.read_csv(path, engine="pyarrow", dtype=np.float32)
    last[:] = [frame.to_numpy()]


times = timed({"idx": idx, "csv": csv}[option("format", "idx")], option("repeat", 3))
report(times, last[0].mean(dtype=np.float64))
