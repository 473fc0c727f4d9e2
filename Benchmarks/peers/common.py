"""What the peers' programs share: timing, and the line protocol of `compare.py`.

A program prints `seconds X` (the median of its own repetitions) and `check Y ...`, numbers that
must agree between the sides.
"""

import statistics
import sys
import time


def option(name, default):
    """The value of `name=value` among the arguments, in the default's type."""
    for argument in sys.argv[1:]:
        key, _, value = argument.partition("=")
        if key == name:
            return type(default)(value)
    return default


def report(times, *checks):
    """Prints the median of the times and the values to compare."""
    print("seconds", statistics.median(times))
    if checks:
        print("check", *(repr(float(check)) for check in checks))


def timed(work, repeat, warm=1):
    """Seconds of each of `repeat` runs, after `warm` that are not counted."""
    for _ in range(warm):
        work()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return times
