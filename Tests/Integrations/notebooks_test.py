"""Notebooks run by nbclient, and what only a running kernel shows: interrupts, ends."""

import base64
import os
import time

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

LIMIT = 60


def run(*cells, allow_errors=False):
    """The cells after a run of their notebook."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(code) for code in cells],
        metadata={"kernelspec": {"name": "nnsh", "display_name": "nnsh", "language": "nnsh"}},
    )
    client = NotebookClient(
        notebook, kernel_name="nnsh", timeout=LIMIT, allow_errors=allow_errors
    )
    return client.execute().cells


def texts(cell, kind):
    return [output["data"]["text/plain"] for output in cell.outputs if output.output_type == kind]


def test_results_variables_and_text():
    first, second = run("x = 20\nx + 1", 'print("x is {x}")\nx * 2\nx * 3;\n"end"')
    assert texts(first, "execute_result") == ["21"]
    assert second.outputs[0].text == "x is 20\n"
    assert texts(second, "execute_result") == ["40", '"end"']
    assert second.execution_count == 2


def test_a_training_shows_one_line_and_its_curves_are_a_picture():
    training, curves = run(
        "load moons\nnet = dense(2, 8) |> relu |> dense(2) |> softmax\n"
        "train net on moons epochs=30",
        "plot net.history",
    )
    progress = [o for o in training.outputs if o.output_type == "display_data"]
    assert len(progress) == 1, training.outputs
    assert "epoch 30/30" in progress[0]["data"]["text/plain"]
    picture = next(o for o in curves.outputs if o.output_type == "display_data")
    data = base64.b64decode(picture["data"]["image/png"])
    assert data.startswith(b"\x89PNG") and data.rstrip()[-8:-4] == b"IEND"


def test_tables_and_derivations_come_in_the_forms_that_notebooks_set():
    table, printed, derived, plain = run(
        'table({name: ["a<b", "c"], size: [1, 2]})', "show dense(3, 2) |> relu",
        "w = [1, 2]\nderive sum(w^2) wrt w", "derive sum(w^3) wrt w;\n[1, 2]",
    )
    result = table.outputs[0]
    assert result.output_type == "execute_result"
    assert "<table>" in result["data"]["text/html"] and "a&lt;b" in result["data"]["text/html"]
    assert "2×2 table" in result["data"]["text/plain"]
    shown = printed.outputs[0]
    assert shown.output_type == "display_data"
    assert "<th" in shown["data"]["text/html"] and "dense(3, 2)" in shown["data"]["text/plain"]
    assert "\\frac{\\partial L}" in derived.outputs[0]["data"]["text/markdown"]
    assert list(plain.outputs[-1]["data"]) == ["text/plain"]


def test_an_error_has_its_place_and_leaves_the_session_whole():
    broken, after = run("a = 1\nones(2, 3) @ ones(2, 3)", "a", allow_errors=True)
    error = broken.outputs[0]
    assert error.output_type == "error"
    assert "2×3" in "\n".join(error.traceback)
    assert any("<cell 1>:2:" in line for line in error.traceback)
    assert texts(after, "execute_result") == ["1"]


@pytest.fixture
def kernel():
    manager, client = start_new_kernel(kernel_name="nnsh")
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def wait_for(client, kind, limit=LIMIT):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        message = client.get_iopub_msg(timeout=limit)
        if message["msg_type"] == kind:
            return message["content"]
    raise AssertionError(f"no {kind}")


def test_interrupting_keeps_the_training(kernel):
    manager, client = kernel
    client.execute_interactive(
        "load moons\nnet = dense(2, 8) |> relu |> dense(2) |> softmax\nbefore = net.W1",
        timeout=LIMIT,
    )
    request = client.execute("train net on moons epochs=100000000")
    wait_for(client, "update_display_data")
    manager.interrupt_kernel()
    reply = client.get_shell_msg(timeout=LIMIT)
    assert reply["parent_header"]["msg_id"] == request
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    results = []
    client.execute_interactive(
        "all(net.W1 == before)",
        timeout=LIMIT,
        output_hook=lambda message: results.append(message["content"]),
    )
    assert any(r.get("data", {}).get("text/plain") == "false" for r in results)


def test_interrupting_while_nothing_runs_changes_nothing(kernel):
    manager, client = kernel
    client.execute_interactive("x = 1", timeout=LIMIT)
    manager.interrupt_kernel()
    reply = client.execute_interactive("x + 1", timeout=LIMIT)
    assert reply["content"]["status"] == "ok"


def test_inspection_knows_values_and_help(kernel):
    _, client = kernel
    client.execute_interactive("weights = ones(3, 4)", timeout=LIMIT)
    for code, part in [("softmax(", "softmax("), ("weights", "3×4"), ("nothing_known", None)]:
        reply = client.inspect(code, len(code), reply=True, timeout=LIMIT)["content"]
        assert reply["found"] == (part is not None)
        if part:
            assert part in reply["data"]["text/plain"]


def test_quit_asks_jupyter_to_end(kernel):
    _, client = kernel
    reply = client.execute_interactive("quit", timeout=LIMIT)
    assert reply["content"]["payload"][0]["source"] == "ask_exit"
    # Who goes on nevertheless has a new session.
    assert client.execute_interactive("1 + 1", timeout=LIMIT)["content"]["status"] == "ok"


def test_without_the_binary_the_cell_says_so(monkeypatch):
    monkeypatch.setenv("NNSH", "/nowhere/nnsh")
    monkeypatch.setenv("PATH", os.path.dirname(os.__file__))
    (cell,) = run("1", allow_errors=True)
    assert "not on this machine" in cell.outputs[0].evalue
