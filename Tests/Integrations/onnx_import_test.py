"""Models as other programs write them, read by nnsh: what onnxruntime computes, nnsh computes."""

import numpy
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import nnsh

GENERATOR = numpy.random.default_rng(4)
NODE = helper.make_node


def numbers(*shape):
    return GENERATOR.standard_normal(shape).astype("float32")


W, B = numbers(6, 4), numbers(4)
V, C = numbers(4, 3), numbers(3)
K, KB = numbers(4, 3, 3, 3), numbers(4)


def whole(*values):
    return numpy.array(values, dtype="int64")


def gemm(source, result, **attributes):
    return NODE("Gemm", [source, "W", "B"], [result], **attributes)


# The shape of an example, nodes from x to y, and the numbers that they take.
CHAINS = {
    "MatMul and Add": ([6], [NODE("MatMul", ["x", "W"], ["m"]), NODE("Add", ["m", "B"], ["y"])],
                       {"W": W, "B": B}),
    "Add first": ([6], [NODE("MatMul", ["x", "W"], ["m"]), NODE("Add", ["B", "m"], ["y"])],
                  {"W": W, "B": B[None]}),
    "Add of one number": ([6], [NODE("MatMul", ["x", "W"], ["m"]), NODE("Add", ["m", "B"], ["y"])],
                          {"W": W, "B": B[:1]}),
    "Gemm": ([6], [gemm("x", "y")], {"W": W, "B": B}),
    "Gemm, transposed": ([6], [gemm("x", "y", transB=1)], {"W": W.T.copy(), "B": B}),
    "Gemm, scaled": ([6], [gemm("x", "y", alpha=0.5, beta=2.0)], {"W": W, "B": B}),
    "Gemm, one bias": ([6], [gemm("x", "y")], {"W": W, "B": numpy.float32(0.7)}),
    "Gemm without bias": ([6], [NODE("Gemm", ["x", "W"], ["y"])], {"W": W}),
    "transposed by a node": ([6], [NODE("Transpose", ["W"], ["T"], perm=[1, 0]),
                                   NODE("MatMul", ["x", "T"], ["y"])], {"W": W.T.copy()}),
    "reshaped by a node": ([6], [NODE("Reshape", ["W", "sizes"], ["R"]),
                                 NODE("MatMul", ["x", "R"], ["y"])],
                           {"W": W.reshape(2, 3, 4), "sizes": whole(6, -1)}),
    "Constant nodes": ([6], [NODE("Constant", [], ["W"], value=numpy_helper.from_array(W)),
                             NODE("Identity", ["W"], ["I"]), NODE("MatMul", ["x", "I"], ["y"])], {}),
    "two layers and dropout": (
        [6], [gemm("x", "a"), NODE("Relu", ["a"], ["r"]), NODE("Dropout", ["r"], ["d"]),
              NODE("MatMul", ["d", "V"], ["m"]), NODE("Add", ["m", "C"], ["s"]),
              NODE("Softmax", ["s"], ["y"], axis=1)], {"W": W, "B": B, "V": V, "C": C}),
    "Flatten": ([2, 3], [NODE("Flatten", ["x"], ["f"]), gemm("f", "y")], {"W": W, "B": B}),
    "Reshape to -1, 6": ([2, 3], [NODE("Reshape", ["x", "s"], ["f"]), gemm("f", "y")],
                         {"W": W, "B": B, "s": whole(-1, 6)}),
    "Reshape to 0, -1": ([2, 3], [NODE("Reshape", ["x", "s"], ["f"]), gemm("f", "y")],
                         {"W": W, "B": B, "s": whole(0, -1)}),
    "view(x.size(0), -1)": (
        [2, 3], [NODE("Shape", ["x"], ["sizes"]),
                 NODE("Gather", ["sizes", "zero"], ["rows"], axis=0),
                 NODE("Unsqueeze", ["rows", "axis"], ["one"]),
                 NODE("Concat", ["one", "rest"], ["s"], axis=0),
                 NODE("Reshape", ["x", "s"], ["f"]), gemm("f", "y")],
        {"W": W, "B": B, "zero": numpy.array(0), "axis": whole(0), "rest": whole(-1)}),
    "Conv, BatchNormalization, Flatten": (
        [3, 6, 6], [NODE("Conv", ["x", "K", "b"], ["c"], pads=[1, 1, 1, 1]),
                    NODE("BatchNormalization", ["c", "g", "h", "mean", "var"], ["n"], epsilon=1e-3),
                    NODE("Relu", ["n"], ["r"]),
                    NODE("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
                    NODE("Flatten", ["p"], ["f"]), NODE("Gemm", ["f", "D"], ["y"])],
        {"K": K, "b": KB, "g": numbers(4), "h": numbers(4), "mean": numbers(4),
         "var": numpy.abs(numbers(4)) + 0.5, "D": numbers(36, 5)}),
    "Conv and Add": ([3, 6, 6], [NODE("Conv", ["x", "K"], ["c"], pads=[1, 1, 1, 1]),
                                 NODE("Add", ["c", "b"], ["y"])], {"K": K, "b": KB.reshape(4, 1, 1)}),
    "Conv, SAME_UPPER": ([3, 7, 6], [NODE("Conv", ["x", "K", "b"], ["y"], auto_pad="SAME_UPPER",
                                          strides=[2, 2])], {"K": K, "b": KB}),
    "Conv, SAME_LOWER": ([3, 7, 6], [NODE("Conv", ["x", "K", "b"], ["y"], auto_pad="SAME_LOWER")],
                         {"K": K, "b": KB}),
    "GlobalAveragePool": (
        [3, 5, 4], [NODE("Conv", ["x", "K", "b"], ["c"]), NODE("GlobalAveragePool", ["c"], ["p"]),
                    NODE("Flatten", ["p"], ["f"]), NODE("Gemm", ["f", "V", "C"], ["y"])],
        {"K": K, "b": KB, "V": V, "C": C}),
}


def model_of(shape, nodes, constants, opset=17, type=TensorProto.FLOAT):
    graph = helper.make_graph(
        nodes, "chain", [helper.make_tensor_value_info("x", type, ["n"] + shape)],
        [helper.make_tensor_value_info("y", type, None)],
        [value if isinstance(value, TensorProto) else numpy_helper.from_array(
            numpy.array(value, order="C"), name) for name, value in constants.items()])
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8 if opset > 8 else 3)


def agrees(folder, model, x, tolerance=1e-4, **saving):
    """Whether nnsh reads the model and computes what onnxruntime does."""
    path = folder / "m.onnx"
    onnx.save(model, path, **saving)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    expected = session.run(None, {"x": x})[0]
    # nnsh has the features on the last axis.
    numpy.save(folder / "x.npy", numpy.moveaxis(x, 1, -1) if x.ndim == 4 else x)
    nnsh.run("load m.onnx as net\nload x.npy\nsave net(x) to y.npy", folder)
    found = numpy.load(folder / "y.npy")
    if expected.ndim == 4:
        expected = numpy.moveaxis(expected, 1, -1)
    numpy.testing.assert_allclose(found, expected, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("name", CHAINS)
def test_chains(tmp_path, name):
    shape, nodes, constants = CHAINS[name]
    agrees(tmp_path, model_of(shape, nodes, constants), numbers(5, *shape))


def single(operation, inputs=(), **attributes):
    return [NODE(operation, ["x", *inputs], ["y"], **attributes)]


LOW, HIGH = numpy.float32(-0.25), numpy.float32(0.7)
# Functions of each number, each after a dense layer as well as alone: nodes from x to y.
FUNCTIONS = {
    "Clip": (single("Clip", ["low", "high"]), {"low": LOW, "high": HIGH}),
    "Clip below": (single("Clip", ["low"]), {"low": LOW}),
    "Clip above": (single("Clip", ["", "high"]), {"high": HIGH}),
    "Clip at 0": (single("Clip", ["zero"]), {"zero": numpy.float32(0)}),
    "Clip nowhere": (single("Clip"), {}),
    "ReLU6": (single("Clip", ["zero", "six"]), {"zero": numpy.float32(0), "six": numpy.float32(6)}),
    "Clip by a node": ([NODE("Constant", [], ["low"], value=numpy_helper.from_array(LOW)),
                        *single("Clip", ["low"])], {}),
    "PRelu": (single("PRelu", ["slopes"]), {"slopes": numbers(4)}),
    "PRelu of one slope": (single("PRelu", ["slopes"]), {"slopes": numbers(1)}),
    "PRelu, one row": (single("PRelu", ["slopes"]), {"slopes": numbers(1, 4)}),
    "LeakyRelu": (single("LeakyRelu"), {}),
    "LeakyRelu, alpha": (single("LeakyRelu", alpha=0.2), {}),
    "Elu, alpha": (single("Elu", alpha=0.7), {}),
    "Celu": (single("Celu", alpha=1.7), {}),
    "Selu": (single("Selu"), {}),
    "HardSigmoid": (single("HardSigmoid", alpha=0.3), {}),
    "HardSwish": (single("HardSwish"), {}),
    "x times HardSigmoid": ([NODE("HardSigmoid", ["x"], ["h"], alpha=1 / 6),
                             NODE("Mul", ["x", "h"], ["y"])], {}),
    "Mish": ([NODE("Softplus", ["x"], ["s"]), NODE("Tanh", ["s"], ["t"]),
              NODE("Mul", ["x", "t"], ["y"])], {}),
    "Softsign": (single("Softsign"), {}),
    "Neg": (single("Neg"), {}),
    "Reciprocal": (single("Reciprocal"), {}),
    "scaled": ([NODE("Sub", ["x", "low"], ["s"]), NODE("Div", ["s", "high"], ["y"])],
               {"low": LOW, "high": HIGH}),
    "taken from a number": ([NODE("Sub", ["low", "x"], ["s"]), NODE("Mul", ["high", "s"], ["y"])],
                            {"low": LOW, "high": HIGH}),
}


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_each_number(tmp_path, name, is_first):
    """Read, and written again in every form that holds networks."""
    nodes, constants = FUNCTIONS[name]
    nodes = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    if is_first:
        shape, constants = [4], {**constants, "V": V}
        nodes = nodes + [NODE("MatMul", ["y", "V"], ["z"])]
        nodes[-1].output[0] = "y"
        for node in nodes[:-1]:
            node.output[:] = ["f" if value == "y" else value for value in node.output]
        nodes[-1].input[0] = "f"
    else:
        shape, constants = [6], {**constants, "W": W, "B": B}
        for node in nodes:
            node.input[:] = ["g" if value == "x" else value for value in node.input]
        nodes = [gemm("x", "g")] + nodes
    x = numbers(50, *shape)
    agrees(tmp_path, model_of(shape, nodes, constants), x)
    expected = numpy.load(tmp_path / "y.npy")
    nnsh.run("load m.onnx as net\nsave net to n.nnsh\nsave net to n.safetensors\n"
             "save net to n.onnx", tmp_path)
    for ending in ["nnsh", "safetensors", "onnx"]:
        nnsh.run(f"load n.{ending} as net\nload x.npy\nsave net(x) to y.npy", tmp_path)
        numpy.testing.assert_array_equal(numpy.load(tmp_path / "y.npy"), expected, ending)
    onnx.checker.check_model(onnx.load(tmp_path / "n.onnx"), full_check=True)
    session = onnxruntime.InferenceSession(
        tmp_path / "n.onnx", providers=["CPUExecutionProvider"])
    numpy.testing.assert_allclose(
        session.run(None, {"x": x})[0], expected, atol=1e-5, rtol=1e-5)


def test_functions_of_pictures(tmp_path):
    """ReLU6 and slopes of channels between convolutions, as PyTorch and MobileNet have them."""
    nodes = [
        NODE("Conv", ["x", "K", "b"], ["c"], pads=[1, 1, 1, 1]),
        NODE("Clip", ["c", "zero", "six"], ["r"]),
        NODE("Conv", ["r", "L"], ["d"]), NODE("PRelu", ["d", "slopes"], ["p"]),
        NODE("GlobalAveragePool", ["p"], ["g"]), NODE("Flatten", ["g"], ["f"]),
        NODE("PRelu", ["f", "others"], ["q"]), NODE("Gemm", ["q", "V", "C"], ["y"])]
    constants = {
        "K": 4 * K, "b": KB, "zero": numpy.float32(0), "six": numpy.float32(6),
        "L": numbers(4, 4, 3, 3), "slopes": numbers(4, 1, 1), "others": numbers(4), "V": V, "C": C}
    agrees(tmp_path, model_of([3, 6, 6], nodes, constants), numbers(5, 3, 6, 6))


def test_limits_in_attributes(tmp_path):
    """As operator sets before 11 have them."""
    nodes = [gemm("x", "g"), NODE("Clip", ["g"], ["y"], min=0.0, max=6.0)]
    agrees(tmp_path, model_of([6], nodes, {"W": W, "B": B}, 9), 5 * numbers(5, 6))


@pytest.mark.parametrize("opset", range(7, 22))
def test_operator_sets(tmp_path, opset):
    shape, nodes, constants = CHAINS["two layers and dropout"]
    agrees(tmp_path, model_of(shape, nodes, constants, opset), numbers(5, *shape))


@pytest.mark.parametrize("opset", [12, 13])
def test_softmax_without_an_axis(tmp_path, opset):
    """Over all axes from the second on before operator set 13, over the last from then on."""
    nodes = [NODE("MatMul", ["x", "W"], ["m"]), NODE("Softmax", ["m"], ["y"])]
    model = model_of([2, 6], nodes, {"W": W}, opset)
    if opset == 13:
        agrees(tmp_path, model, numbers(5, 2, 6))
    else:
        onnx.save(model, tmp_path / "m.onnx")
        result = nnsh.run("load m.onnx as net", tmp_path, check=False)
        assert result.returncode == 1 and "along the last axis" in result.stderr


TYPES = {"FLOAT": "float32", "FLOAT16": "float16", "DOUBLE": "float64", "BFLOAT16": None, "INT8": None}


@pytest.mark.parametrize("is_raw", [False, True])
@pytest.mark.parametrize("name", TYPES)
def test_types_of_weights(tmp_path, name, is_raw):
    """Weights of every type, cast by a node, their bytes raw or in fields of their own."""
    values = numpy.round(W * 20) / 16 if name != "INT8" else numpy.round(W * 20)
    kind = getattr(TensorProto, name)
    if is_raw and TYPES[name]:
        tensor = numpy_helper.from_array(values.astype(TYPES[name]), "W")
    elif is_raw:
        bits = (values.astype("float32").view("uint32") >> 16).astype("uint16")
        content = values.astype("int8") if name == "INT8" else bits
        tensor = helper.make_tensor("W", kind, [6, 4], content.tobytes(), raw=True)
    else:
        content = values.astype("int8") if name == "INT8" else values
        tensor = helper.make_tensor("W", kind, [6, 4], content.flatten().tolist())
    nodes = [NODE("Cast", ["W"], ["F"], to=TensorProto.FLOAT), NODE("MatMul", ["x", "F"], ["y"])]
    agrees(tmp_path, model_of([6], nodes, {"W": tensor}), numbers(5, 6))


@pytest.mark.parametrize("kind, type, tolerance", [
    (TensorProto.FLOAT16, "float16", 1e-2), (TensorProto.DOUBLE, "float64", 1e-12)])
def test_models_of_another_type(tmp_path, kind, type, tolerance):
    model = model_of([6], [gemm("x", "y")], {"W": W.astype(type), "B": B.astype(type)}, type=kind)
    agrees(tmp_path, model, numbers(5, 6).astype(type), tolerance)


@pytest.mark.parametrize("is_one", [True, False])
def test_numbers_in_files_beside_the_model(tmp_path, is_one):
    model = model_of([6], [gemm("x", "y")], {"W": W, "B": B})
    agrees(tmp_path, model, numbers(5, 6), save_as_external_data=True, size_threshold=0,
           all_tensors_to_one_file=is_one, **({"location": "m.data"} if is_one else {}))


def test_broken_files_are_refused(tmp_path):
    """Cut short, or with a byte changed: read, or refused in words, never a crash."""
    shape, nodes, constants = CHAINS["Conv, BatchNormalization, Flatten"]
    whole_model = model_of(shape, nodes, constants).SerializeToString()
    count = 60
    for number in range(count):
        broken = bytearray(whole_model)
        if number % 2:
            broken = broken[:len(broken) * number // count]
        else:
            broken[len(broken) * number // count] ^= 0x55
        (tmp_path / f"m{number}.onnx").write_bytes(bytes(broken))
    for number in range(count):
        result = nnsh.run(f"load m{number}.onnx as net", tmp_path, check=False)
        assert result.returncode in (0, 1), result.stderr
        assert result.returncode == 0 or result.stderr.startswith("error: "), result.stderr


@pytest.mark.parametrize("nodes, words", [
    ([NODE("Reshape", ["x", "s"], ["y"])], "other rows"),
    ([NODE("Hardmax", ["x"], ["y"])], "no layer of nnsh computes Hardmax"),
    ([NODE("Clip", ["x", "sizes"], ["y"])], "limits"),
    ([NODE("PRelu", ["x", "slopes"], ["y"])], "one for each feature"),
    ([NODE("Add", ["x", "x"], ["y"])], "Add"),
])
def test_what_is_no_layer_is_named(tmp_path, nodes, words):
    constants = {"s": whole(-1, 3), "sizes": whole(0), "slopes": numbers(3, 1, 1)}
    onnx.save(model_of([6], nodes, constants), tmp_path / "m.onnx")
    result = nnsh.run("load m.onnx as net", tmp_path, check=False)
    assert result.returncode == 1 and words in result.stderr, result.stderr
