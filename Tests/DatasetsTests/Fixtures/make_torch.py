"""Files of PyTorch's, and what PyTorch reads from them: torch/NAME.pt and torch/expected.npz, where
NAME|KEY is the tensor KEY of NAME.pt."""

import io
import os
import warnings
import zipfile

import numpy
import torch

warnings.filterwarnings("ignore")
os.makedirs("torch", exist_ok=True)
torch.manual_seed(7)
expected = {}


def save(name, value, **options):
    torch.save(value, f"torch/{name}.pt", **options)


def expect(name, tensors):
    for key, tensor in tensors.items():
        expected[f"{name}|{key}"] = tensor.detach().to(torch.float64).numpy()


# A state_dict as it usually is, with what batch normalization counts.
model = torch.nn.Sequential(
    torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.ReLU(), torch.nn.Flatten(),
    torch.nn.Linear(2 * 26 * 26 // 169, 3))
state = model.state_dict()
save("state", state)
expect("state", state)

# Every type that holds numbers.
kinds = {
    "f32": torch.float32, "f64": torch.float64, "f16": torch.float16, "bf16": torch.bfloat16,
    "i64": torch.int64, "i32": torch.int32, "i16": torch.int16, "i8": torch.int8,
    "u8": torch.uint8, "u16": torch.uint16, "u32": torch.uint32, "bool": torch.bool}
types = {name: torch.tensor([[1, 0, 3], [100, 2, 7]]).to(kind) for name, kind in kinds.items()}
types["half"] = torch.tensor([0.5, -1.5, 65504, 6e-8, float("inf")], dtype=torch.float16)
types["brain"] = torch.tensor([0.5, -1.5, 3e38, float("-inf")], dtype=torch.bfloat16)
save("types", types)
expect("types", types)

# How a tensor may lie in its storage, and storages that several share.
base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
strides = {
    "whole": base, "transposed": base.permute(2, 0, 1), "column": base[:, 1, :], "last": base[-1],
    "every_other": base[:, :, ::2], "expanded": torch.tensor([[5.0]]).expand(3, 4),
    "scalar": torch.tensor(2.5), "empty": torch.zeros(0, 3), "parameter":
        torch.nn.Parameter(base[0].T)}
save("strides", strides)
expect("strides", strides)

# What a training keeps: numbers, strings, lists, None and keys that are numbers.

first = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(first.parameters(), lr=0.5)
first(torch.ones(1, 2)).sum().backward()
optimizer.step()
checkpoint = {
    "epoch": 3, "best": 0.25, "name": "run é", "done": False, "nothing": None, "sizes": [1, 2.5],
    "shape": torch.Size([2, 3]), "device": torch.device("cpu"), "type": torch.float32,
    "negative": -70000, "large": 2**40, "model": first.state_dict(), "optimizer":
        optimizer.state_dict()}
save("checkpoint", checkpoint)
expect("checkpoint", {"model.weight": first.weight, "model.bias": first.bias})
expect("checkpoint", {"optimizer.state.0.exp_avg": optimizer.state_dict()["state"][0]["exp_avg"]})
for protocol in (3, 4, 5):
    save(f"protocol{protocol}", state, pickle_protocol=protocol)
    expect(f"protocol{protocol}", state)

# A tensor alone, and a list of them.
save("tensor", base[0])
expect("tensor", {"": base[0]})
save("list", [base[0], torch.tensor(1.0)])

# What is refused.
save("module", torch.nn.Sequential(torch.nn.Linear(2, 1)))
if not os.path.exists("torch/old.pt"):
    # It holds an address, so that it is another one each time.
    save("old", {"w": torch.ones(2)}, _use_new_zipfile_serialization=False)
save("scalars", {"w": torch.ones(2), "loss": numpy.float64(0.5)})
save("complex", {"w": torch.ones(2, dtype=torch.complex64)})
torch.jit.script(torch.nn.Linear(2, 1)).save("torch/script.pt")

# The other order of bytes, as a machine that has it writes them.
archive = io.BytesIO()
with zipfile.ZipFile("torch/state.pt") as source, zipfile.ZipFile(archive, "w") as target:
    for name in source.namelist():
        content = source.read(name)
        if name.endswith("/byteorder"):
            content = b"big"
        elif "/data/" in name and len(content) % 4 == 0 and not name.endswith("/6"):
            content = numpy.frombuffer(content, "<f4").astype(">f4").tobytes()
        elif name.endswith("/6"):
            content = numpy.frombuffer(content, "<i8").astype(">i8").tobytes()
        target.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
open("torch/big_endian.pt", "wb").write(archive.getvalue())
expect("big_endian", state)

arrays = {key: value for key, value in expected.items()}
with zipfile.ZipFile("torch/expected.npz", "w") as target:
    for name, array in arrays.items():
        content = io.BytesIO()
        numpy.save(content, array)
        target.writestr(zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0)), content.getvalue())
