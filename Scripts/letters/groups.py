"""Tell which faces look alike, and group the families that belong together."""

from collections import defaultdict

import numpy as np

LINK = 0.03    # relative squared distance below which two pictures are the same design
SAME = 0.05    # relative squared distance below which two pictures are near-identical
I_INDEX = 8    # the letter I is often a plain bar, so it cannot link families


def ink(rows):
    """The squared ink of each flat picture."""
    return np.einsum("ij,ij->i", rows, rows)


def relative_distances(rows, others, row_ink=None, other_ink=None):
    """Squared distances between flat pictures, relative to their mean squared ink."""
    row_ink = ink(rows) if row_ink is None else row_ink
    other_ink = ink(others) if other_ink is None else other_ink
    total = row_ink[:, None] + other_ink[None]
    return (total - 2 * rows @ others.T) / (0.5 * total + 1e-6)


def alike(pictures, limit=LINK, letters=6):
    """Pairs of faces with near-identical pictures for at least `letters` of nine letters."""
    count = len(pictures)
    votes = np.zeros((count, count), np.uint8)
    for letter in range(10):
        if letter != I_INDEX:
            flat = pictures[:, letter].reshape(count, -1)
            votes += relative_distances(flat, flat) < limit
    return np.argwhere(np.triu(votes >= letters, 1))


class Union:
    """A union-find over the numbers below `count`."""

    def __init__(self, count):
        self.parent = list(range(count))

    def find(self, item):
        """The representative of an item's set."""
        while self.parent[item] != item:
            self.parent[item] = self.parent[self.parent[item]]
            item = self.parent[item]
        return item

    def join(self, one, other):
        """Unite two sets; the smaller number represents both."""
        one, other = sorted((self.find(one), self.find(other)))
        self.parent[other] = one


def group(faces, pairs):
    """Number the group of each face: same family key, same root, or alike pictures."""
    union, seen = Union(len(faces)), {}
    for index, face in enumerate(faces):
        for name in (("key", face.key), ("root", face.root)):
            union.join(seen.setdefault(name, index), index)
    for one, other in pairs:
        union.join(int(one), int(other))
    return np.array([union.find(i) for i in range(len(faces))])


def distinct(flat, order, limit=SAME):
    """Walk pictures in `order`; keep those not near-identical to one kept before."""
    alive, kept, all_ink = np.ones(len(flat), bool), [], ink(flat)
    for index in order:
        if alive[index]:
            kept.append(int(index))
            one = slice(index, index + 1)
            alive &= relative_distances(flat[one], flat, all_ink[one], all_ink)[0] >= limit
            alive[index] = False
    return kept


def members(labels):
    """The indices that bear each label, by label, in sorted order."""
    found = defaultdict(list)
    for index, label in enumerate(labels):
        found[label].append(index)
    return dict(sorted(found.items()))
