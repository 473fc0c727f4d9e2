"""Writes images.npz beside this script: PNG files of every kind with the samples they hold.

Needs NumPy and pypng (pip install numpy pypng). For each case NAME the archive holds NAME.png, the
file's bytes, and NAME.samples, what reading it should give, in Float32.
"""

import io
import itertools
import pathlib
import struct
import zlib

import numpy as np
import png

HERE = pathlib.Path(__file__).parent
HEIGHT, WIDTH = 5, 11


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


PROFILE = b"not a profile" * 20
# What says how to show the samples, and may not change them.
SHOWING = {
    "plain": b"",
    "gamma1": chunk(b"gAMA", struct.pack(">I", 100000)),
    "gamma18": chunk(b"gAMA", struct.pack(">I", 55556)),
    "srgb": chunk(b"sRGB", b"\0") + chunk(b"gAMA", struct.pack(">I", 45455)),
    "profile": chunk(b"iCCP", b"p\0\0" + zlib.compress(PROFILE)),
    "primaries": chunk(b"cHRM", struct.pack(">8I", 1, 2, 3, 4, 5, 6, 7, 8)),
    "text": chunk(b"tEXt", b"Comment\0\x1b[31mred") + chunk(b"pHYs", b"\0" * 9),
}


def encode(rows, showing, **options):
    out = io.BytesIO()
    png.Writer(WIDTH, HEIGHT, **options).write(out, rows)
    data = out.getvalue()
    # Behind the signature and the header of 25 bytes.
    return data[:33] + SHOWING[showing] + data[33:]


def cases():
    rng = np.random.default_rng(7)
    kinds = [("grey", 1, d) for d in (1, 2, 4, 8, 16)]
    kinds += [(n, c, d) for n, c in (("ga", 2), ("rgb", 3), ("rgba", 4)) for d in (8, 16)]
    for (name, channels, depth), interlace in itertools.product(kinds, (False, True)):
        largest = 2**depth - 1
        for showing in SHOWING:
            image = rng.integers(0, largest + 1, (HEIGHT, WIDTH, channels))
            image[0, 0], image[0, 1] = 0, largest
            data = encode(
                image.reshape(HEIGHT, -1).tolist(), showing, interlace=interlace,
                greyscale=channels < 3, alpha=channels in (2, 4), bitdepth=depth)
            samples = image / largest
            yield f"{name}{depth}_{interlace}_{showing}", data, samples
        if channels in (1, 3):
            # One colour is transparent: alpha becomes a channel.
            colour = tuple(int(v) for v in image[2, 3])
            data = encode(
                image.reshape(HEIGHT, -1).tolist(), "plain", interlace=interlace,
                greyscale=channels < 3, bitdepth=depth,
                transparent=colour[0] if channels == 1 else colour)
            opaque = (image != image[2, 3]).any(axis=2, keepdims=True)
            yield (f"{name}{depth}_{interlace}_transparent", data,
                   np.concatenate([image / largest, opaque], axis=2))
    for depth, interlace, alpha in itertools.product((1, 2, 4, 8), (False, True), (False, True)):
        colours = rng.integers(0, 256, (2**depth, 4 if alpha else 3))
        if alpha:
            colours[0, 3] = 7
        index = rng.integers(0, 2**depth, (HEIGHT, WIDTH))
        data = encode(
            index.tolist(), "gamma18", interlace=interlace, bitdepth=depth,
            palette=[tuple(int(v) for v in c) for c in colours])
        yield f"palette{depth}_{interlace}_{alpha}", data, colours[index] / 255


contents = {}
for name, data, samples in cases():
    contents[name + ".png"] = np.frombuffer(data, "u1")
    if samples.shape[-1] == 1:
        samples = samples[:, :, 0]
    contents[name + ".samples"] = samples.astype("f4")
np.savez_compressed(HERE / "images.npz", **contents)
print(len(contents) // 2, "images")
