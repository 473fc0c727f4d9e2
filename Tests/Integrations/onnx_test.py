"""Networks as ONNX: onnx's checker takes them, and onnxruntime computes what nnsh computes."""

import pathlib
import re

import numpy
import onnx
import onnxruntime
import pytest

import nnsh

# Code of a network and the shape of one example; codes: how many, where examples are such.
NETWORKS = [
    ("dense(5, 4)", [5], {}),
    ("dense(5, 4, bias=false) |> dense(4, 3)", [7, 5], {}),
    ("dense(5, 4) |> relu |> dropout(0.3) |> dense(3) |> softmax", [5], {}),
    ("dense(5, 4) |> gelu |> dense(4, 4) |> tanh |> dense(4, 4) |> softplus", [5], {}),
    ("dense(5, 4) |> sigmoid", [5], {}),
    ("dense(5, 4) |> silu |> leaky_relu |> elu", [5], {}),
    ("dense(5, 4) |> layer_norm |> batch_norm", [5], {}),
    ("dense(5, 4) |> batch_norm |> tanh", [6, 5], {}),
    ("conv2d(3, 4, 3) |> batch_norm |> relu", [6, 8, 3], {}),
    ("conv2d(2, 4, 3, stride=2)", [7, 8, 2], {}),
    ("conv2d(2, 4, 2, padding=\"valid\", stride=2)", [7, 8, 2], {}),
    ("conv2d(4, 6, 3, groups=2, dilation=2)", [7, 8, 4], {}),
    ("conv2d(2, 4, 4, padding=2, stride=3)", [9, 8, 2], {}),
    ("conv2d(1, 3, 3) |> relu |> max_pool(2) |> flatten |> dense(48, 5) |> softmax", [8, 8], {}),
    ("conv2d(1, 3, 3) |> avg_pool(3) |> flatten |> dense(5)", [81], {}),
    ("conv2d(3, 4, 3) |> group_norm(2) |> global_avg_pool |> dense(2)", [6, 5, 3], {}),
    ("conv1d(3, 4, 3) |> relu |> conv1d(4, 2, 5, stride=2, padding=\"valid\")", [11, 3], {}),
    ("conv1d(3, 4, 3, padding=1, dilation=2) |> global_avg_pool", [11, 3], {}),
    ("conv_transpose2d(3, 2, 3, stride=2)", [4, 5, 3], {}),
    ("conv_transpose2d(3, 2, 2, stride=3, padding=\"valid\") |> upsample(2)", [4, 5, 3], {}),
    ("conv_transpose2d(3, 2, 1, stride=2)", [4, 5, 3], {}),
    ("upsample(3) |> max_pool(2)", [4, 6, 2], {}),
    ("rnn(3, 4)", [6, 3], {}),
    ("rnn(3, 4, layers=2, return=\"all\") |> dense(2)", [6, 3], {}),
    ("lstm(3, 4)", [6, 3], {}),
    ("lstm(3, 4, layers=2, return=\"all\")", [6, 3], {}),
    ("gru(3, 4)", [6, 3], {}),
    ("gru(3, 4, return=\"all\") |> gru(4, 2)", [6, 3], {}),
    ("rnn(3, 4, mask=true)", [6, 3], {"padded": True}),
    ("lstm(3, 4, mask=true, return=\"all\")", [6, 3], {"padded": True}),
    ("gru(3, 4, mask=true, layers=2)", [6, 3], {"padded": True}),
    ("embedding(9, 4) |> gru(4, 3) |> dense(9) |> softmax", [7], {"codes": 9}),
    ("embedding(9, 4) |> positional(12, 4) |> transformer(4, 2, causal=true) |> dense(9)", [7],
     {"codes": 9}),
    ("embedding(9, 4)", [1], {"codes": 9}),
    ("attention(6, 3)", [5, 6], {}),
    ("attention(6, 2, causal=true) |> dense(3)", [5, 6], {}),
    ("transformer(6, 2, dropout=0.1)", [5, 6], {}),
    ("attention(3, 1, mask=true)", [6, 3], {"padded": True}),
    ("transformer(3, 1, mask=true) |> gru(3, 2, mask=true)", [6, 3], {"padded": True}),
    ("embedding(9, 4) |> lstm(4, 3, mask=true) |> dense(2)", [7], {"codes": 9}),
    ("dense(4, 4) |> residual(dense(4, 4) |> relu |> residual(dense(4, 4)))", [4], {}),
    ("repeat_layer(3, dense(4, 4) |> tanh)", [4], {}),
    ("dense(4, 3) |> own", [4], {}),
    ("dense(4, 3) |> scale(3) |> (x -> x * sigmoid(x) - mean(x, axis=1, keepdims=true))", [4], {}),
    ("dense(4, 6) |> (x -> reshape(x, [len(x), 2, 3])) |> dense(2)", [4], {}),
]

FUNCTIONS = """
fn own(z) = tanh(z) * 2 + exp(-z^2)
fn scale(n) = layer({g: ones(n) * 2, b: ones(n)}, (p, x) -> softmax(p.g * x + p.b))
"""


def write(folder, code, rows, name="m"):
    numpy.save(folder / "x.npy", rows)
    nnsh.run(
        FUNCTIONS + f"""
        load x.npy
        seed 3
        net = {code}
        if len(keys(net.parameters)) > 0 {{
          train net on {{x: x, y: 0 * net(x) + 0.3}} epochs=2 rate=0.01 loss=mse momentum=0
        }}
        save net(x) to y.npy
        save net to {name}.onnx
        """, folder)
    return folder / f"{name}.onnx", numpy.load(folder / "y.npy")


def examples(shape, options, rows=5):
    generator = numpy.random.default_rng(2)
    if "codes" in options:
        codes = generator.integers(0, options["codes"], [rows] + shape).astype("float32")
        codes[0, 0] = -1
        return codes
    x = generator.standard_normal([rows] + shape).astype("float32")
    if options.get("padded"):
        x[0, 3:] = 0
        x[1, 1] = 0
        x[2, :] = 0
    return x


def outputs(path, x):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})[0]


@pytest.mark.parametrize("code, shape, options", NETWORKS, ids=[n[0][:60] for n in NETWORKS])
def test_runtime_computes_the_same(tmp_path, code, shape, options):
    x = examples(shape, options)
    path, expected = write(tmp_path, code, x)
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    found = outputs(path, x)
    assert found.shape == expected.shape
    numpy.testing.assert_allclose(found, expected, atol=1e-5, rtol=1e-5)
    # Another number of rows, one among them.
    for rows in (1, 3):
        numpy.testing.assert_allclose(outputs(path, x[:rows]), expected[:rows], atol=1e-5, rtol=1e-5)
    declared = [d.dim_param or d.dim_value for d in model.graph.output[0].type.tensor_type.shape.dim]
    assert len(declared) == found.ndim
    for length, real in zip(declared[1:], found.shape[1:]):
        assert isinstance(length, str) or length == real


def test_every_layer_is_among_them():
    reference = pathlib.Path(__file__).parents[2] / "docs" / "reference.md"
    text = reference.read_text()
    section = re.search(r"^## Layers$(.*?)^## ", text, re.M | re.S).group(1)
    layers = set(re.findall(r"^### `?([a-z_0-9]+)", section, re.M)) - {"layer"}
    assert len(layers) > 15
    used = " ".join(code for code, _, _ in NETWORKS)
    missing = {name for name in layers if not re.search(rf"\b{name}\b", used)}
    assert not missing


@pytest.mark.parametrize("code", [
    "conv2d(1, 3, 3) |> relu |> max_pool(2) |> flatten |> dense(48, 5)", "lstm(3, 4) |> dense(2)",
    "embedding(9, 4) |> gru(4, 3)", "conv2d(3, 2, 3, stride=2)", "attention(6, 2)",
])
def test_before_any_training(tmp_path, code):
    nnsh.run(f"net = {code}\nsave net to m.onnx", tmp_path)
    onnx.checker.check_model(onnx.load(tmp_path / "m.onnx"), full_check=True)


def test_lengths_that_nothing_fixes_may_be_others(tmp_path):
    x = examples([6, 3], {})
    path, _ = write(tmp_path, "lstm(3, 4, return=\"all\") |> attention(4, 2, causal=true)", x)
    assert outputs(path, x[:, :4]).shape == (5, 4, 4)


# No code makes a function without a name again.
NAMED = [n for n in NETWORKS if "->" not in n[0]]


@pytest.mark.parametrize("code, shape, options", NAMED, ids=[n[0][:60] for n in NAMED])
def test_what_is_written_is_read_again(tmp_path, code, shape, options):
    x = examples(shape, options)
    _, expected = write(tmp_path, code, x)
    nnsh.run(FUNCTIONS + "load m.onnx as net; load x.npy; save net(x) to z.npy", tmp_path)
    numpy.testing.assert_allclose(numpy.load(tmp_path / "z.npy"), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("code, words", [
    ("dense(4, 3) |> (x -> if sum(x) > 0 { x } else { -x })", "depends on the numbers"),
    ("dense(4, 3) |> (x -> x - mean(x, axis=0))", "mean"),
    ("dense(4, 3) |> (x -> sort(x))", "sort"),
])
def test_what_has_no_form_is_refused(tmp_path, code, words):
    result = nnsh.run(f"net = {code}\nnet(randn(3, 4));\nsave net to m.onnx", tmp_path, check=False)
    assert result.returncode == 1
    assert "cannot go into an ONNX file" in result.stderr and words in result.stderr
    assert not (tmp_path / "m.onnx").exists()
