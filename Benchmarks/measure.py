"""Runs one side's program and reads what it measured of itself."""

import dataclasses
import os
import subprocess
import time


@dataclasses.dataclass
class Measurement:
    """One run of a program: its own figure, the values to compare, and the process as a whole."""

    seconds: float
    checks: list
    wall: float
    peak_megabytes: float


class Failed(Exception):
    """A side's program ended badly; the text is what it said."""


def run(command, environment=None, folder=None):
    """Runs a program that prints `seconds …` and `check …`, in a folder; one that prints neither is
    timed whole."""
    merged = dict(os.environ, **(environment or {}))
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=merged, cwd=folder
    )
    output, errors = process.stdout.read(), None
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode != 0:
        raise Failed(f"{' '.join(command)}\n{errors.strip() or output.strip()}")
    seconds, checks = wall, []
    for line in output.splitlines():
        word, _, rest = line.partition(" ")
        if word == "seconds":
            seconds = float(rest)
        elif word == "check":
            checks = [float(value) for value in rest.split()]
    return Measurement(seconds, checks, wall, usage.ru_maxrss / 1024)
