#!/usr/bin/env python3
"""Write the table of packages and licences of the data card from a run's summary.json."""

import argparse
import gzip
import json
import re
from pathlib import Path

# Words of a copyright file without 'License:' fields, and the licence they tell.
READINGS = [
    (r"SIL Open Font License|Open Font Licen[cs]e", "OFL-1.1"),
    (r"GUST Font Licen[cs]e", "GUST Font License"),
    (r"IPA Font License", "IPA"),
    (r"GNU (?:Library|Lesser) General Public|LGPL", "LGPL"),
    (r"GNU General Public|\bGPL", "GPL"),
    (r"LaTeX Project Public|LPPL", "LPPL"),
    (r"Apache License", "Apache-2.0"),
    (r"public domain", "public domain"),
    (r"License to copy, modify, and distribute", "free use with notice"),
    (r"Permission is hereby granted, free of charge", "MIT"),
]


def before_packaging(text):
    """The text without the statement on the Debian packaging itself."""
    return re.split(r"\n[^\n]*Debian packaging", text)[0]


def licences(text):
    """The licences of the fonts that a Debian copyright file tells."""
    found = []
    for part in re.split(r"\n\s*\n(?=Files:)", text):
        files = re.match(r"Files:\s*(\S+)", part)
        name = re.search(r"^License:\s*(\S.*)$", part, re.M)
        if files and name and not files.group(1).startswith("debian/"):
            found.append(name.group(1).strip())
    if not found:
        found = [name for pattern, name in READINGS
                 if re.search(pattern, before_packaging(text), re.I)]
        for wide, narrow in (("LGPL", "GPL"), ("OFL-1.1", "MIT")):  # one text quotes the other
            if wide in found and narrow in found:
                found.remove(narrow)
    return list(dict.fromkeys(found))


def row(name, entry, work):
    """One line of the table of packages."""
    text = (work / "unpacked" / name / "usr/share/doc" / name / "copyright").read_text(
        encoding="utf-8", errors="replace")
    told = ", ".join(licences(text)) or "see the package's copyright file"
    if name.startswith("texlive"):
        told = "by folder, see below"
    return f"| {name} | {entry['version']} | {entry['images']} | {told} |"


def folder_licences(package, work):
    """The licence of each font folder of a TeX Live package, as its Licenses.gz tells."""
    path = work / "unpacked" / package / "usr/share/doc" / package / "Licenses.gz"
    told, current = {}, ""
    for line in gzip.decompress(path.read_bytes()).decode("utf-8", "replace").splitlines():
        if line.startswith("texmf-dist/fonts/"):
            told.setdefault(line.split("*")[0].split("/")[-2], current)
        elif ": " in line:
            current = line.split(": ", 1)[1].strip()
    return told


def main():
    """Print the table of packages, the folders of TeX Live and the large collections."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("/tmp/nnsh-letters"))
    args = parser.parse_args()
    packages = json.loads((args.work / "summary.json").read_text())["packages"]
    print("| Debian package | version | images | licence of the fonts |\n|---|---|---:|---|")
    for name, entry in packages.items():
        print(row(name, entry, args.work))
    for name in (name for name in packages if name.startswith("texlive")):
        told = folder_licences(name, args.work)
        print(f"\n| folder of {name} | images | licence |\n|---|---:|---|")
        for folder, images in packages[name]["folders"].items():
            print(f"| {folder} | {images} | {told.get(folder) or 'not told singly'} |")
    for name, entry in packages.items():
        if len(entry["families"]) > 40 and not name.startswith("texlive"):
            print(f"\nFamilies from `{name}`: " + ", ".join(entry["families"]) + ".")


if __name__ == "__main__":
    main()
