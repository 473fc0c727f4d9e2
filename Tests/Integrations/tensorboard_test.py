"""What `log=` writes, read by TensorBoard's own loader, which compares every checksum."""

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import nnsh

SETUP = """
load spirals n=90
net = dense(2, 8) |> tanh |> dense(3) |> softmax
"""


def scalars(folder):
    events = EventAccumulator(str(folder))
    events.Reload()
    return {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def test_a_training(tmp_path):
    result = nnsh.run(SETUP + """
        train net on spirals epochs=4 rate=cosine(0.1, epochs=4) log=runs/a
        print(tolist(net.history.loss)); print(tolist(net.history.val_accuracy))
    """, tmp_path)
    found = scalars(tmp_path / "runs" / "a")
    assert {"loss", "accuracy", "val_loss", "val_accuracy", "rate"} <= set(found)
    assert [step for step, _ in found["loss"]] == [1, 2, 3, 4]
    losses = [float(x) for x in result.stdout.splitlines()[0].strip("[]").split(",")]
    assert [value for _, value in found["loss"]] == pytest.approx(losses, rel=1e-4)
    assert found["rate"][0][1] == pytest.approx(0.1)
    assert found["rate"][3][1] < 0.05


def test_further_trainings_go_on_counting(tmp_path):
    nnsh.run(SETUP + """
        train net on spirals epochs=2 log="runs/b"
        train net on spirals epochs=3 log="runs/b"
    """, tmp_path)
    assert len(list((tmp_path / "runs" / "b").iterdir())) == 2
    assert [step for step, _ in scalars(tmp_path / "runs" / "b")["loss"]] == [1, 2, 3, 4, 5]


def test_minimize(tmp_path):
    nnsh.run("w = 3.0\nminimize (w - 1)^2 wrt w steps=5 rate=0.1 momentum=0 log=here", tmp_path)
    found = scalars(tmp_path / "here")
    assert len(found["loss"]) == 5 and found["loss"][0][1] == pytest.approx(4)
    assert found["loss"][4][1] < found["loss"][0][1]


def test_a_file_in_the_way(tmp_path):
    (tmp_path / "runs").write_text("x")
    result = nnsh.run(SETUP + "train net on spirals epochs=1 log=runs/a", tmp_path, check=False)
    assert result.returncode == 1 and "runs is there, and is no folder" in result.stderr
    result = nnsh.run(SETUP + "train net on spirals folds=3 log=other", tmp_path, check=False)
    assert result.returncode == 1 and "log= belongs to one training" in result.stderr
