"""The machine's own limits: multiply-adds and bytes a second, measured by machine/limits.c."""

import dataclasses
import os
import shutil
import subprocess


@dataclasses.dataclass
class Limits:
    """Floating-point operations a second, bytes a second, and the threads both were measured with."""

    flops: float
    bandwidth: float
    threads: int


def measure(here):
    """Compiles and runs the program; the best of its own repetitions."""
    compiler = shutil.which("clang") or shutil.which("cc")
    threads = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1))
    binary = here / "out" / "limits"
    source = here / "machine" / "limits.c"
    flags = ["-O3", "-march=native", "-mprefer-vector-width=512", "-pthread"]
    subprocess.run([compiler, *flags, str(source), "-o", str(binary)], check=True)
    output = subprocess.run([str(binary), str(threads)], check=True, capture_output=True, text=True)
    values = dict(line.split() for line in output.stdout.splitlines())
    return Limits(float(values["flops"]), float(values["bandwidth"]), threads)
