"""Runs nnsh and its peers on the same work, in turn, and prints medians and ratios.

usage: Benchmarks/run [--rounds N] [--against BINARY] [--markdown FILE] [--list] [ROW ...]

With --against the peer is another nnsh, an earlier one say, doing the same; the last column is how
far its own runs lie apart.
"""

import argparse
import dataclasses
import os
import pathlib
import statistics
import sys

import machine_limits
import rows
from measure import Failed, run

HERE = pathlib.Path(__file__).resolve().parent


def agree(ours, theirs, tolerance):
    """Whether the values both sides computed are the same within the row's relative tolerance."""
    return len(ours) == len(theirs) and all(
        abs(a - b) <= tolerance * max(1.0, abs(a), abs(b)) for a, b in zip(ours, theirs)
    )


def measure_row(row, rounds):
    """Both sides in turn, `rounds` times each; figures by the row's own measure."""
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(run(row.ours, row.environment, row.folder))
        theirs.append(run(row.theirs, row.environment, row.folder))
    spread = statistics.quantiles([row.figure(m) for m in theirs], n=4) if rounds > 2 else None
    same = agree(ours[-1].checks, theirs[-1].checks, row.tolerance)
    return (
        statistics.median(row.figure(m) for m in ours),
        statistics.median(row.figure(m) for m in theirs),
        same,
        ours[-1].checks,
        theirs[-1].checks,
        spread,
    )


def against(row, binary):
    """The same row with another nnsh as its peer."""
    binary = str(pathlib.Path(binary).resolve())
    return dataclasses.replace(row, theirs=[binary, *row.ours[1:]], peer="the other nnsh", goal=None)


def formatted(figure, unit):
    """A figure with its unit, in three digits."""
    if unit == "MB":
        return f"{figure:.0f} MB"
    for scale, name in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if figure >= scale:
            return f"{figure / scale:.3g} {name}"
    return f"{figure:.3g} s"


def line(row, result, limits):
    """One line of the table: what, both medians, the ratio, what is reached of the machine."""
    ours, theirs, same, our_checks, their_checks, spread = result
    ratio = theirs / ours
    word = f"{ratio:.2f}× better" if ratio >= 1 else f"{1 / ratio:.2f}× WORSE"
    share = row.share_of_machine(ours, limits)
    checks = "same" if same else f"DIFFER: {our_checks} {their_checks}"
    goal = "" if row.goal is None else f"{row.goal:g}×" + ("" if ratio >= row.goal else " missed")
    return [
        row.name,
        row.peer,
        formatted(ours, row.unit),
        formatted(theirs, row.unit),
        word,
        goal,
        share,
        checks,
        f"{100 * (spread[2] - spread[0]) / spread[1]:.0f} %" if spread else "",
    ]


HEADER = ["work", "peer", "nnsh", "peer's", "ratio", "goal", "of the machine", "results", "peer's spread"]


def markdown(lines, limits):
    """The table as Markdown, under the machine's measured limits."""
    out = [
        f"Multiply-add peak {limits.flops / 1e9:.0f} GFLOP/s, "
        f"memory {limits.bandwidth / 1e9:.0f} GB/s, {limits.threads} threads.",
        "",
        "| " + " | ".join(HEADER) + " |",
        "|" + "---|" * len(HEADER),
    ]
    return "\n".join(out + ["| " + " | ".join(cells) + " |" for cells in lines]) + "\n"


def main():
    parser = argparse.ArgumentParser(prog="Benchmarks/run", description=__doc__)
    parser.add_argument("rows", nargs="*", help="rows whose names begin so; all without")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each side (5)")
    parser.add_argument("--against", metavar="BINARY", help="another nnsh in place of the peers")
    parser.add_argument("--markdown", default=str(HERE / "out" / "results.md"))
    parser.add_argument("--list", action="store_true", help="names the rows")
    options = parser.parse_args()
    # The programs name each other from the repository's root.
    os.chdir(HERE.parent)
    (HERE / "out").mkdir(exist_ok=True)
    chosen = [
        row
        for row in rows.all_rows(HERE)
        if not options.rows or any(row.name.startswith(word) for word in options.rows)
    ]
    if options.against:
        chosen = [against(row, options.against) for row in chosen]
    if options.list or not chosen:
        print("\n".join(row.name for row in (chosen or rows.all_rows(HERE))))
        return 0 if options.list else 2
    limits = machine_limits.measure(HERE)
    print(f"peak {limits.flops / 1e9:.0f} GFLOP/s, memory {limits.bandwidth / 1e9:.0f} GB/s")
    lines, failed = [], False
    for row in chosen:
        try:
            row.prepare()
            cells = line(row, measure_row(row, max(1, options.rounds)), limits)
        except Failed as error:
            failed = True
            cells = [row.name, row.peer, "failed", "", "", "", "", str(error), ""]
        lines.append(cells)
        print("  ".join(f"{cell:<14}" for cell in cells), flush=True)
    pathlib.Path(options.markdown).write_text(markdown(lines, limits))
    print(f"written to {options.markdown}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
