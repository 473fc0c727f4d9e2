"""Runs nnsh on many expressions at once and reads their values back."""

import os
import pathlib
import re
import subprocess
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
BINARY = pathlib.Path(os.environ.get("NNSH") or HERE.parent.parent / ".build" / "release" / "nnsh")


class Crash(Exception):
    """nnsh ended otherwise than with exit code 0 or 1."""


def evaluate(cases, arrays, binary=BINARY, timeout=600):
    """The values of `cases`, pairs of (statements before, code), by position; an error's text in
    place of a value that could not be computed. `arrays` are the variables by name."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        np.savez(folder / "inputs.npz", **arrays)
        lines = ["load inputs.npz as inputs", "R = {}"]
        lines += [f"{name} = inputs.{name}" for name in arrays]
        places = {}
        for position, (before, code) in enumerate(cases):
            lines += before
            lines.append(f"R.c{position} = {code}")
            places[len(lines)] = position
        lines.append("save R to values.npz")
        (folder / "cases.nns").write_text("\n".join(lines) + "\n")
        outcome = subprocess.run(
            [str(binary), "-q", "-X", "--no-history", "--keep-going", "cases.nns"],
            cwd=folder, capture_output=True, text=True, timeout=timeout)
        if outcome.returncode not in (0, 1) or not (folder / "values.npz").exists():
            raise Crash(f"exit code {outcome.returncode}\n{outcome.stderr[-2000:]}")
        values = [None] * len(cases)
        with np.load(folder / "values.npz") as archive:
            for name in archive.files:
                values[int(name[1:])] = archive[name]
        for message in re.split(r"(?m)^(?=error: )", outcome.stderr):
            place = re.search(r"cases\.nns:(\d+):", message)
            if place and int(place.group(1)) in places:
                position = places[int(place.group(1))]
                if values[position] is None:
                    values[position] = message.strip()
        return [
            "no value and no error" if value is None else value for value in values]
