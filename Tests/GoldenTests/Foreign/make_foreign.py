"""Models of PyTorch's as it saves and exports them, with what they give: NAME.pt, NAME.onnx and
NAME.npz, whose x is as nnsh has it (channels last) and y what PyTorch computes."""

import os
import warnings

import numpy
import onnx
import torch
from torch import nn

warnings.filterwarnings("ignore")


def settle(model):
    """Statistics and weights that are nobody's defaults."""
    with torch.no_grad():
        for index, parameter in enumerate(model.parameters()):
            parameter.copy_(torch.sin(torch.arange(parameter.numel()) * 0.7 + index).reshape(
                parameter.shape) * 0.5)
        for name, buffer in model.named_buffers():
            if name.endswith("running_var"):
                buffer.copy_(torch.linspace(0.5, 2, buffer.numel()))
            elif name.endswith("running_mean"):
                buffer.copy_(torch.linspace(-0.2, 0.3, buffer.numel()))
    return model.eval()


def write(name, model, x, **options):
    settle(model)
    y = model(x).detach().numpy()
    torch.save(model.state_dict(), f"{name}.pt")
    torch.onnx.export(
        model, (x,), f"{name}.onnx", input_names=["x"], output_names=["y"],
        dynamic_axes={"x": {0: "rows"}}, verbose=False, dynamo=False, **options)
    own = x.permute(0, 2, 3, 1) if x.ndim == 4 else x
    numpy.savez(f"{name}.npz", x=own.numpy(), y=y)


torch.manual_seed(1)
write("mlp", nn.Sequential(
    nn.Linear(4, 6), nn.GELU(), nn.Linear(6, 5), nn.SiLU(), nn.LayerNorm(5), nn.Linear(5, 3),
    nn.Softmax(-1)), torch.randn(5, 4), opset_version=17)
write("cnn", nn.Sequential(
    nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.Tanh(), nn.Flatten(), nn.Dropout(0.5),
    nn.Linear(24, 3)), torch.randn(4, 2, 8, 12))
write("pooled", nn.Sequential(
    nn.Conv2d(2, 4, 3), nn.LeakyReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2),
    nn.Sigmoid()), torch.randn(3, 2, 7, 6))


class Sequence(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 4, batch_first=True)
        self.dense = nn.Linear(4, 2)

    def forward(self, x):
        return nn.functional.softplus(self.dense(self.lstm(x)[0][:, -1]))


# By the newer exporter, with the numbers in a file of their own.
model, x = settle(Sequence()), torch.randn(5, 6, 3)
program = torch.onnx.export(model, (x,), dynamo=True, verbose=False)
numpy.savez("sequence.npz", x=x.numpy(), y=model(x).detach().numpy())
exported = program.model_proto
for part in [exported, exported.graph, *exported.graph.node, *exported.graph.input,
             *exported.graph.output, *exported.graph.value_info]:
    # Where on this machine each node came from.
    del part.metadata_props[:]
    part.doc_string = ""
if os.path.exists("sequence.onnx.data"):
    os.remove("sequence.onnx.data")
onnx.save(exported, "sequence.onnx", save_as_external_data=True, location="sequence.onnx.data",
          size_threshold=64)
