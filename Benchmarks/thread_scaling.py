"""Runs nnsh and its peers on 1, 2, 4 … threads: who is faster at each count, and what more threads
bring.

usage: Benchmarks/run scaling [--threads N,N…] [--rounds N] [--markdown FILE] [ROW ...]
"""

import argparse
import dataclasses
import os
import pathlib
import sys

import rows
from compare import formatted, measure_row
from measure import Failed

HERE = pathlib.Path(__file__).resolve().parent
# A row counts as slower with more threads beyond this: two runs alike differ by less.
NOISE = 1.05


def counts_of_this_machine():
    """Powers of two up to the processors that this process may use."""
    available = len(os.sched_getaffinity(0))
    return [count for count in (1, 2, 4, 8, 16, 32, 64) if count <= available]


def on(row, threads):
    """The row on so many threads."""
    binary, *rest = row.ours
    return dataclasses.replace(
        row,
        ours=[binary, "--threads", str(threads), *rest],
        environment={**row.environment, "OMP_NUM_THREADS": str(threads)},
    )


def table_of(row, counts, rounds):
    """The lines of one row: a thread count each."""
    lines, first, best = [], None, None
    for threads in counts:
        ours, theirs, same, *_ = measure_row(on(row, threads), rounds)
        first = first or (ours, theirs)
        slower = best is not None and ours > NOISE * best
        best = min(ours, best or ours)
        lines.append(
            [
                row.name,
                str(threads),
                formatted(ours, row.unit),
                formatted(theirs, row.unit),
                f"{theirs / ours:.2f}×",
                f"{first[0] / ours:.2f}×",
                f"{first[1] / theirs:.2f}×",
                "same" if same else "DIFFER",
                "SLOWER than with fewer" if slower else "",
            ]
        )
        print("  ".join(f"{cell:<12}" for cell in lines[-1]), flush=True)
    return lines


HEADER = ["work", "threads", "nnsh", "peer's", "ratio", "speed-up", "peer's", "results", ""]


def main():
    parser = argparse.ArgumentParser(prog="Benchmarks/run scaling", description=__doc__)
    parser.add_argument("rows", nargs="*", help="rows whose names begin so; all without")
    parser.add_argument("--threads", help="the counts, as 1,2,8; powers of two without")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each side (3)")
    parser.add_argument("--markdown", default=str(HERE / "out" / "scaling.md"))
    options = parser.parse_args()
    os.chdir(HERE.parent)
    (HERE / "out").mkdir(exist_ok=True)
    counts = [int(word) for word in options.threads.split(",")] if options.threads else None
    counts = counts or counts_of_this_machine()
    lines, failed = [], False
    for row in rows.scaling_rows(HERE):
        if options.rows and not any(row.name.startswith(word) for word in options.rows):
            continue
        try:
            row.prepare()
            lines += table_of(row, counts, max(1, options.rounds))
        except Failed as error:
            failed = True
            print(f"{row.name} failed: {error}", flush=True)
    table = ["| " + " | ".join(HEADER) + " |", "|" + "---|" * len(HEADER)]
    table += ["| " + " | ".join(cells) + " |" for cells in lines]
    pathlib.Path(options.markdown).write_text("\n".join(table) + "\n")
    print(f"written to {options.markdown}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
