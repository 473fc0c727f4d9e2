#!/usr/bin/env python3
"""Make the `letters` data set: capital letters A to J drawn from libre fonts."""

import argparse
import io
import json
import os
import zipfile
from dataclasses import asdict
from multiprocessing import Pool
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the letters are made in parallel

import numpy as np

import choose
import fonts
import groups
import render

HERE = Path(__file__).resolve().parent
DAY = (1980, 1, 1, 0, 0, 0)  # the date of every member, so that the file is reproducible


def clean_pictures(path):
    """The ten untransformed pictures of a font file, or None if it lacks a letter."""
    try:
        glyphs = [render.glyph(path, letter) for letter in fonts.LETTERS]
        if any(glyph is None for glyph in glyphs):
            return None
        pictures = np.stack([render.picture(glyph) for glyph in glyphs])
        absent = render.absent_glyph(path)
    except (OSError, ValueError):
        return None
    boxes = absent is not None and any(np.array_equal(absent, p) for p in pictures)
    same = all(np.array_equal(pictures[0], p) for p in pictures)
    return None if boxes or same else pictures


def survey(packages, work, rejected, jobs):
    """List the faces fit for use, with their clean pictures (faces, 10, 28, 28) in 0..1."""
    faces = [face for face in fonts.discover(packages, work)
             if not fonts.matches(face, rejected)]
    with Pool(jobs) as pool:
        drawn = pool.map(clean_pictures, [work / "unpacked" / f.path for f in faces],
                         chunksize=50)
    faces, drawn = zip(*[(f, d) for f, d in zip(faces, drawn) if d is not None])
    return list(faces), np.stack(drawn).astype(np.float32) / 255


def write_npz(path, arrays):
    """Write arrays as .npz: deflated at level 9, with fixed dates."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            data = io.BytesIO()
            np.lib.format.write_array(data, array, version=(1, 0), allow_pickle=False)
            info = zipfile.ZipInfo(name + ".npy", DAY)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data.getvalue())


def build(faces, clean, blur, work, seed, jobs):
    """Choose, transform and shuffle: the arrays, and the face of each row by split."""
    labels = groups.group(faces, groups.alike(clean))
    lists = choose.candidates(faces, clean, seed)
    split_of = choose.assign(labels, lists, seed)
    tasks = []
    for letter, ranked in enumerate(lists):
        by_split = {split: [pair for pair in ranked
                            if split_of[int(labels[pair[1]])] == split]
                    for split in choose.SPLITS}
        tasks.append((letter, by_split, faces, work / "unpacked", blur, seed))
    with Pool(jobs) as pool:
        made = pool.map(choose.pictures_of_letter, tasks, chunksize=1)
    arrays, used = {}, {}
    for split in choose.SPLITS:
        pictures, classes, used[split] = choose.shuffled(split, made, seed)
        arrays[split + "_images"], arrays[split + "_labels"] = pictures, classes
    return arrays, used, labels


def sources(faces, used, versions):
    """What each package gave: version, families, and images by folder."""
    packages = {}
    for index in sorted(index for rows in used.values() for index in rows):
        face = faces[index]
        entry = packages.setdefault(face.package, {
            "version": versions[face.package], "images": 0, "families": [], "folders": {}})
        folder = Path(face.path).parent.name
        entry["images"] += 1
        entry["folders"][folder] = entry["folders"].get(folder, 0) + 1
        if face.family not in entry["families"]:
            entry["families"].append(face.family)
    for entry in packages.values():
        entry["families"].sort()
        entry["folders"] = dict(sorted(entry["folders"].items()))
    return dict(sorted(packages.items()))


def report(faces, used, labels, versions, blur, seed):
    """What the data card needs to know about the run."""
    splits = {}
    for split, rows in used.items():
        chosen = sorted(set(rows))
        splits[split] = {"images": len(rows), "faces": len(chosen),
                         "families": len({faces[i].key for i in chosen}),
                         "groups": len({int(labels[i]) for i in chosen})}
    return {"seed": seed, "transforms": asdict(blur), "splits": splits,
            "usable": {"faces": len(faces), "families": len({f.key for f in faces}),
                       "groups": len(set(labels.tolist()))},
            "packages": sources(faces, used, versions)}


def arguments():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path, help="the .npz file to write")
    parser.add_argument("--work", type=Path, default=Path("/tmp/nnsh-letters"),
                        help="folder for downloads (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=2024)
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")
    return parser.parse_args()


def main():
    """Download, draw, choose, write."""
    args = arguments()
    packages = fonts.read_list(HERE / "packages.txt")
    fonts.download(packages, args.work)
    fonts.unpack(packages, args.work)
    faces, clean = survey(packages, args.work, fonts.read_list(HERE / "rejected.txt"), args.jobs)
    print(len(faces), "faces drawn")
    blur = choose.Blur()
    arrays, used, labels = build(faces, clean, blur, args.work, args.seed, args.jobs)
    write_npz(args.output, arrays)
    summary = report(faces, used, labels, fonts.versions(packages, args.work), blur, args.seed)
    (args.work / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    print(args.output, args.output.stat().st_size, "bytes", summary["splits"])


if __name__ == "__main__":
    main()
