"""Choose glyphs for each split, and make their transformed pictures."""

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import groups
import render
from fonts import LETTERS

SPLITS = {"train": 10000, "valid": 6000, "test": 2720}
LEVELS = 16      # grey levels of the finished pictures
TRIES = 6        # transforms tried for a glyph before it is given up
ROUNDS = 4       # times a split's glyphs are gone through, when they are few


@dataclass(frozen=True)
class Blur:
    """How far the seeded transforms go."""

    degrees: float = 7.0    # turn, either way
    shear: float = 0.15     # shear, either way
    smallest: int = 23      # the longer side goes from here to render.FIT
    shift: float = 1.8      # pixels, either way


def candidates(faces, clean, seed):
    """For each letter, the distinct glyphs: (rank, face index), best first.

    The rank is the glyph's number within its family, so that every family gives
    its first face before any gives its second: so the many plain faces of the large
    families do not crowd out the decorative ones.
    """
    rng = np.random.default_rng([seed, 1])
    order = rng.permutation(len(faces))
    lists = []
    for letter in range(10):
        flat = clean[:, letter].reshape(len(faces), -1)
        taken, ranked = {}, []
        for index in groups.distinct(flat, order):
            key = faces[index].key
            number = taken[key] = taken.get(key, -1) + 1
            ranked.append((number, index))
        lists.append(sorted(ranked, key=lambda pair: pair[0]))  # stable
    return lists


def assign(labels, lists, seed):
    """Assign each group to a split, so that each has its share of distinct glyphs."""
    weight = {label: 0.0 for label in sorted(set(labels.tolist()))}
    for ranked in lists:
        for rank, index in ranked:
            weight[int(labels[index])] += 1 / (1 + rank)
    rng = np.random.default_rng([seed, 2])
    names = list(weight)
    names = [names[i] for i in rng.permutation(len(names))]
    filled, split_of = dict.fromkeys(SPLITS, 0.0), {}
    for name in sorted(names, key=lambda n: -weight[n]):  # stable
        split = min(SPLITS, key=lambda s: filled[s] / SPLITS[s])
        filled[split] += weight[name]
        split_of[name] = split
    return split_of


def transformed(glyph, numbers, blur):
    """Make a picture of a large glyph with a turn, shear, scale and shift drawn at random."""
    degrees, shear, dx, dy = numbers.uniform(-1, 1, 4)
    longest = int(numbers.integers(blur.smallest, render.FIT + 1))
    grey = render.picture(glyph, degrees * blur.degrees, shear * blur.shear,
                          longest, (dx * blur.shift, dy * blur.shift))
    step = 255 / (LEVELS - 1)
    return (np.round(grey / step) * step).astype(np.uint8)


class Letter:
    """The pictures accepted for one letter, over all splits."""

    def __init__(self, index, count):
        self.index = index
        self.flat = np.zeros((count, render.SIDE ** 2), np.float32)
        self.ink = np.zeros(count, np.float32)
        self.used = 0

    def accept(self, picture):
        """Keep the picture unless a near-identical one was kept before."""
        row = picture.reshape(1, -1).astype(np.float32) / 255
        own = groups.ink(row)
        near = groups.relative_distances(row, self.flat[:self.used], own, self.ink[:self.used])
        if near.size and near.min() < groups.SAME:
            return False
        self.flat[self.used], self.ink[self.used] = row, own[0]
        self.used += 1
        return True


def fill(letter, count, ranked, faces, base, blur, seed):
    """Make `count` pictures of a letter from the ranked faces: [(picture, face index)]."""
    made, large = [], {}
    for turn in range(ROUNDS):
        for _, index in ranked:
            if len(made) == count:
                return made
            path = faces[index].path
            if index not in large:
                large[index] = render.glyph(Path(base) / path, LETTERS[letter.index])
            numbers = np.random.default_rng(
                [seed, 3, zlib.crc32(path.encode()), letter.index, turn])
            for _ in range(TRIES):
                picture = transformed(large[index], numbers, blur)
                if letter.accept(picture):
                    made.append((picture, index))
                    break
    raise SystemExit(f"too few glyphs of {LETTERS[letter.index]}: {len(made)} of {count}")


def pictures_of_letter(job):
    """Make all splits' pictures of one letter; the small splits choose first."""
    index, ranked_by_split, faces, base, blur, seed = job
    letter = Letter(index, sum(SPLITS.values()) // 10)
    return {split: fill(letter, SPLITS[split] // 10, ranked_by_split[split],
                        faces, base, blur, seed)
            for split in reversed(SPLITS)}


def shuffled(split, made, seed):
    """Put one split's ten letters together, shuffled: pictures, labels, face indices."""
    rows = [(picture, label, face) for label, letter in enumerate(made)
            for picture, face in letter[split]]
    rng = np.random.default_rng([seed, 4, list(SPLITS).index(split)])
    rows = [rows[i] for i in rng.permutation(len(rows))]
    return (np.stack([row[0] for row in rows]),
            np.array([row[1] for row in rows], np.uint8),
            [row[2] for row in rows])
