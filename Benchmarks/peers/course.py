"""A program of a course, from examples/course: option name=, a file in course/.

What such programs import is imported before the clock starts.
"""

import importlib
import pathlib
import re
import runpy
import time

from common import option, report

path = pathlib.Path(__file__).parent / "course" / f"{option('name', 'k_means')}.py"
for module in re.findall(r"^(?:import|from) ([\w.]+)", path.read_text(), re.MULTILINE):
    importlib.import_module(module)
start = time.perf_counter()
names = runpy.run_path(str(path))
report([time.perf_counter() - start], *names["checks"])
