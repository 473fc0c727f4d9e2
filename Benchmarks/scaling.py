#!/usr/bin/env python3
"""What a step of training costs on 1 to 1,024 ranks, by the formula of `explain train` (the type
TrainingCost in Sources/Networks/Training/TrainingCost.swift), with published figures of networks.

  Benchmarks/scaling.py            the tables of docs/scaling.md
  Benchmarks/scaling.py --check    measures 1 to 4 ranks on this machine beside the formula

Nothing is measured for more ranks than this machine has: those rows are computed.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile

# Latency in seconds from program to program, bytes a second each way. Ethernet: what TCP reaches of
# its rate. InfiniBand: NVIDIA's figures for HDR and NDR adapters, less what headers take.
NETWORKS = {
    "10 Gbit Ethernet": (25e-6, 1.17e9),
    "100 Gbit Ethernet": (10e-6, 11.5e9),
    "200 Gbit InfiniBand": (1.5e-6, 24e9),
    "400 Gbit InfiniBand": (1.3e-6, 48e9),
}
SUM_BANDWIDTH = 20e9  # bytes a second, read and written, where gradients are added


def block_rows(batch, fewest=32):
    """Of a batch's blocks, of which the last may have fewer."""
    least = max(fewest, min(16 * fewest, (batch + 15) // 16))
    count = max(1, batch // least)
    return -(-batch // count)


def owned(blocks, ranks, rank):
    return range(-(-blocks * rank // ranks), -(-blocks * (rank + 1) // ranks))


def subtrees(blocks, own):
    """How many of the tree's largest subtrees hold a rank's blocks alone."""
    def look(low, high):
        if high <= low or high <= own.start or own.stop <= low:
            return 0
        if own.start <= low and high <= own.stop:
            return 1
        half = 1
        while 2 * half < high - low:
            half *= 2
        return look(low, low + half) + look(low + half, high)
    return look(0, blocks)


def step(ranks, network, numbers, batch, row_seconds, fixed_seconds, fewest=32, chunks=None):
    """The seconds of a step: products, sums, what is waited for of the exchange of Float32 numbers.

    chunks: how many numbers are sent together, in the order in which the backward pass ends with them.
    """
    latency, bandwidth = network
    number_bytes = 4
    rows = block_rows(batch, fewest)
    blocks = -(-batch // rows)
    owners = [owned(blocks, ranks, rank) for rank in range(ranks)]
    busiest = max(len(own) for own in owners)
    products = fixed_seconds + row_seconds * min(batch, busiest * rows)
    once = 3 * numbers * number_bytes / SUM_BANDWIDTH
    if ranks == 1:
        return products, (blocks - 1) * once, 0.0
    parts = [subtrees(blocks, own) for own in owners]
    sums = (busiest - 1) * once + (sum(parts) - 1) * once / ranks

    def sending(chunk):
        share = (ranks - 1) / ranks * chunk * number_bytes / bandwidth
        return (ranks - 1) * latency + share

    chunks = chunks or [numbers]
    backward = 2 / 3 * row_seconds * rows
    end, passed = 0.0, 0
    for chunk in chunks:
        passed += chunk
        end = max(end, backward * passed / numbers) + max(parts) * sending(chunk)
    result = (ranks - 1) * latency + sum(map(sending, chunks))
    return products, sums, end - backward + result


# Parameters, rows of a batch and of a block at least, seconds a row and seconds of the update on a processor of 16 cores that
# makes 1.5 Tflop/s in these products (six floating-point operations a parameter and row in dense layers), and the numbers that
# are sent together: those of each of a network's large layers.
FLOPS = 1.5e12
MODELS = {
    "784-1000-10, batch 128": (795_010, 128, 32, 6 * 795_010 / FLOPS, 20e-6, None),
    "784-1000-10, batch 8,192": (795_010, 8_192, 32, 6 * 795_010 / FLOPS, 20e-6, None),
    "twelve layers of 2,048, batch 16,384":
        (50_356_224, 16_384, 32, 6 * 50_356_224 / FLOPS, 10e-3, [4_196_352] * 12),
    "ResNet-50 (4.1 billion multiply-adds a picture), batch 8,192":
        (25_600_000, 8_192, 4, 6 * 4.1e9 / FLOPS, 5e-3, [512_000] * 50),
}


def tables():
    for name, (numbers, batch, fewest, row, fixed, chunks) in MODELS.items():
        alone = sum(step(1, (0, 1), numbers, batch, row, fixed, fewest))
        print(f"\n{name}: {alone * 1e3:.3g} ms on one rank\n")
        counts = [2, 4, 8, 16, 64, 256, 1024]
        print("| ranks | " + " | ".join(NETWORKS) + " |")
        print("|---:|" + "---:|" * len(NETWORKS))
        for ranks in counts:
            cells = []
            for network in NETWORKS.values():
                total = sum(step(ranks, network, numbers, batch, row, fixed, fewest, chunks))
                cells.append(f"{alone / total:.3g}×")
            print(f"| {ranks} | " + " | ".join(cells) + " |")


SCRIPT = """
x = randn({rows}, {inputs}); y = floor(10 * rand({rows}))
net = dense({inputs}, {hidden}) |> relu |> dense(10) |> softmax
train net on dataset(x, y) epochs=1 batch={batch}
r = train net on dataset(x, y) epochs={epochs} batch={batch}
print("seconds {{r.seconds}}")
"""


def seconds(binary, script, ranks, copies=1):
    """The seconds that a training takes with so many ranks of one thread each, beside copies of it."""
    command = ["mpirun.mpich", "-n", str(ranks), binary, "-X", "-q", "--no-history", script]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(copies)]
    found = []
    for run in runs:
        output, errors = run.communicate(timeout=300)
        match = re.search(r"seconds (\S+)", output)
        if not match:
            sys.exit(errors)
        found.append(float(match.group(1)))
    return statistics.mean(found)


def check(binary):
    """Measured steps of 1 to 4 ranks of one thread each, beside what the formula makes of one."""
    os.environ.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                      OMP_NUM_THREADS="1")
    cores = len(os.sched_getaffinity(0))
    print(f"{cores} cores; ranks of one thread each; more ranks than cores share them")
    for inputs, hidden, batch in [(784, 1000, 128), (784, 1000, 2048), (256, 256, 4096)]:
        numbers = inputs * hidden + hidden * 11 + 10
        rows, epochs = max(4096, batch), 6
        steps = epochs * -(-rows // batch)
        script = SCRIPT.format(rows=rows, inputs=inputs, hidden=hidden, batch=batch, epochs=epochs)
        with tempfile.NamedTemporaryFile("w", suffix=".nns") as file:
            file.write(script)
            file.flush()
            print(f"\n{inputs}-{hidden}-10, batch {batch}")

            def measured(ranks, copies=1):
                return statistics.median(
                    seconds(binary, file.name, ranks, copies) for _ in range(3)) / steps

            one = measured(1)
            # Cores of one machine share its memory, and what virtual machines call a core may be half
            # of one: how much slower a rank is while the others compute is measured by trainings
            # that have nothing to do with each other.
            slower = {busy: measured(1, busy) / one for busy in range(2, cores + 1)}
            one_sums = step(1, (0, 1), numbers, batch, 0, 0)[1]
            row = (one - one_sums) / batch
            print(f"  1 rank   measured {one * 1e3:7.2f} ms")
            for ranks in (2, 3, 4):
                products, sums, exchange = step(ranks, (2e-6, 4e9), numbers, batch, row, 0)
                turns = max(1, ranks / cores)
                crowding = slower.get(min(ranks, cores), 1) * turns
                formula = (products + sums) * crowding + exchange * turns
                taken = measured(ranks)
                print(f"  {ranks} ranks  measured {taken * 1e3:7.2f} ms, {one / taken:.2f}×  "
                      f"formula {formula * 1e3:7.2f} ms, {one / formula:.2f}×")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", metavar="BINARY", help="nnsh, to be measured by mpirun.mpich")
    options = parser.parse_args()
    check(options.check) if options.check else tables()
