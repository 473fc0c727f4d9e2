#!/usr/bin/env python3
"""Draw contact sheets of letters.npz: random pictures, and those a linear model misses most."""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

import baselines

COLUMNS, ROWS = 44, 4  # pictures of one class on a sheet


def sheet(rows, chosen):
    """One image of the chosen rows, `COLUMNS` in a line."""
    tall = -(-len(chosen) // COLUMNS)
    image = Image.new("L", (COLUMNS * 29, tall * 29))
    for place, index in enumerate(chosen):
        picture = (rows[index] * 255).astype(np.uint8).reshape(28, 28)
        image.paste(Image.fromarray(picture), (place % COLUMNS * 29, place // COLUMNS * 29))
    return image


def main():
    """Write random-SPLIT.png and hard-SPLIT.png, class after class."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("npz")
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    data = baselines.load(args.npz)
    weights, _ = baselines.train(data, [], 10, 0.01, 0.9, batch=100)
    numbers = np.random.default_rng(0)
    for split, (rows, labels) in data.items():
        share = baselines.forward(weights, rows)[1][np.arange(len(rows)), labels]
        mixed, hard = [], []
        for label in range(10):
            own = np.flatnonzero(labels == label)
            mixed.extend(numbers.permutation(own)[:COLUMNS * ROWS])
            hard.extend(own[np.argsort(share[own])][:COLUMNS * ROWS])
        sheet(rows, mixed).save(args.folder / f"random-{split}.png")
        sheet(rows, hard).save(args.folder / f"hard-{split}.png")


if __name__ == "__main__":
    main()
