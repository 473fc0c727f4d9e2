"""Writes the fixtures beside this script, with NumPy and the standard library alone.

Run from anywhere: python3 make.py. The numbers are chosen so that the tests can state them.
"""

import gzip
import io
import json
import pathlib
import struct
import zipfile
import zlib

import numpy as np

HERE = pathlib.Path(__file__).parent


def npy(name, array, **options):
    np.save(HERE / name, array, **options)


def arrays():
    for kind in ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]:
        values = np.array([[0, 1, 2], [3, 100, 7]])
        if kind[0] != "u":
            values = values * [[1, -1, 1], [-1, 1, 1]]
        npy(f"little_{kind}.npy", values.astype("<" + kind))
        if kind[1] != "1":
            npy(f"big_{kind}.npy", values.astype(">" + kind))
    npy("bool.npy", np.array([True, False, True]))
    npy("scalar.npy", np.float32(2.5))
    npy("empty.npy", np.zeros((0, 3), "f4"))
    npy("fortran.npy", np.asfortranarray(np.arange(24, dtype="f4").reshape(2, 3, 4)))
    npy("large_integers.npy", np.array([2**24 + 1, -5], "i8"))
    npy("exact_integers.npy", np.array([2**24, -(2**24)], "i8"))
    for version in [(1, 0), (2, 0), (3, 0)]:
        with open(HERE / f"version{version[0]}.npy", "wb") as file:
            np.lib.format.write_array(file, np.array([1.5, 2.5], "f4"), version=version)
    npy("text.npy", np.array(["a", "bc"]))
    npy("complex.npy", np.array([1 + 2j]))
    npy("object.npy", np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
    npy("structure.npy", np.zeros(2, dtype=[("a", "f4"), ("b", "i4")]))
    np.arange(3).astype("f4").dump(HERE / "pickle.npy")


def archives():
    contents = {
        "W1": np.arange(6, dtype="f4").reshape(2, 3) / 4,
        "b1": np.array([0.1, 0.2, 0.3]),
        "mask": np.array([True, False]),
    }
    np.savez(HERE / "stored.npz", **contents)
    np.savez_compressed(HERE / "deflated.npz", **contents)
    np.savez(HERE / "pickled.npz", a=np.array([[], None], dtype=object))


def idx():
    rng = np.random.default_rng(1)
    folder = HERE / "tiny"
    folder.mkdir(exist_ok=True)
    for part, count in [("train", 12), ("t10k", 4)]:
        images = rng.integers(0, 256, (count, 3, 2)).astype("u1")
        images[0] = [[0, 255], [51, 102], [153, 204]]
        labels = (np.arange(count) % 4).astype("u1")
        data = struct.pack(">BBBB3I", 0, 0, 8, 3, count, 3, 2) + images.tobytes()
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(data, mtime=0))
        data = struct.pack(">BBBBI", 0, 0, 8, 1, count) + labels.tobytes()
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(data)
    np.savez_compressed(
        HERE / "archived.npz",
        train_images=np.full((6, 2, 2), 255, "u1"),
        train_labels=np.array([0, 1, 2, 0, 1, 2], "u1"),
        valid_images=np.zeros((3, 2, 2), "u1"),
        valid_labels=np.array([0, 1, 2], "u1"),
        test_images=np.full((2, 2, 2), 51, "u1"),
        test_labels=np.array([2, 1], "u1"),
    )
    for kind, code in [("i1", 9), ("i2", 11), ("i4", 12), ("f4", 13), ("f8", 14)]:
        values = np.array([1, -2, 3]).astype(">" + kind)
        data = struct.pack(">BBBBI", 0, 0, code, 1, 3) + values.tobytes()
        (HERE / f"{kind}.idx").write_bytes(data)


def tables():
    rows = np.array([[1.5, -2.25], [1e-7, 3e20]])
    np.savetxt(HERE / "savetxt.csv", rows)
    np.savetxt(HERE / "savetxt_comma.csv", rows, delimiter=",", header="a,b")


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png(name, rows, depth, colour):
    height, width = len(rows), len(rows[0]) // {0: 1, 2: 3, 4: 2}[colour] * 8 // depth
    raw = b"".join(b"\0" + bytes(row) for row in rows)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    (HERE / name).write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(raw))
        + chunk(b"IEND", b"")
    )


def images():
    png("grey.png", [[0, 51, 255], [102, 153, 204]], 8, 0)
    png("colour.png", [[255, 0, 0, 0, 255, 0]], 8, 2)
    png("alpha.png", [[0, 255, 0, 0]], 8, 4)


def jpegs():
    """Pictures that Pillow writes, and what it reads of them."""
    from PIL import Image

    grey = np.clip(np.add.outer(np.arange(8) * 20, np.arange(8) * 10), 0, 255).astype("u1")
    colour = np.stack([grey, 255 - grey, grey // 2], -1)
    for name, samples in [("grey", grey), ("colour", colour)]:
        path = HERE / f"{name}.jpg"
        Image.fromarray(samples).save(path, quality=95, subsampling=0)
        np.save(HERE / f"{name}_jpg.npy", np.array(Image.open(path)).astype("f4") / 255)


def safetensors():
    parts = [
        ("w", "F32", [2, 2], np.array([1, 2, 3, 4], "<f4")),
        ("h", "F16", [2], np.array([0.5, -1.5], "<f2")),
        ("b", "BF16", [2], np.array([0x3FC0, 0xC000], "<u2")),
        ("i", "I64", [2], np.array([7, -7], "<i8")),
        ("m", "BOOL", [3], np.array([1, 0, 1], "u1")),
        ("s", "F64", [], np.array(0.1, "<f8")),
    ]
    header, data = {"__metadata__": {"format": "np", "note": "é \"quoted\""}}, b""
    for name, kind, shape, array in parts:
        end = len(data) + array.nbytes
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), end]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    (HERE / "mixed.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)


arrays()
archives()
idx()
tables()
images()
jpegs()
safetensors()
