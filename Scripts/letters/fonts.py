"""Find the fonts: download Debian packages, unpack them, name the families."""

import re
import subprocess
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from fontTools.ttLib import TTFont
from PIL import ImageFont

LETTERS = "ABCDEFGHIJ"
SUFFIXES = {".ttf", ".otf", ".pfb"}

# Words of a family name that tell a style, a size or a maker, not a design.
STYLE_WORDS = set(
    "regular normal plain roman italic ital oblique slanted slant upright bold "
    "demi semi extra ultra medium light thin hair hairline black heavy fat book "
    "semibold demibold extrabold ultrabold semilight extralight ultralight "
    "condensed cond compressed narrow wide extended expanded semicondensed "
    "extracondensed semiexpanded caps smallcaps sc small outline outlined inline "
    "shadow solid filled hollow display text caption subhead deck micro banner "
    "poster headline title titling brk gfs adf sil urw std pro otf ttf ttc ps mt "
    "lf osf tlf tosf ui vf variable the font fonts version demo beta".split())

# Packages and folders that hold many unrelated families; any other holds one design.
COLLECTIONS = set(
    "fonts-aenigma fonts-alee fonts-cegui fonts-dustin fonts-georgewilliams "
    "fonts-gotico-antiqua fonts-linex fonts-lyx fonts-myanmar fonts-povray fonts-sjfonts "
    "fonts-urw-base35 fonts-wine aurical doublestroke ektype-tanka initials "
    "qualitype yfonts-otf yfonts-t1".split())


@dataclass(frozen=True)
class Face:
    """One font file: its path, Debian package, family key and group key."""

    path: str      # relative to the folder of unpacked packages
    package: str
    family: str    # the family name as the font has it
    key: str       # the family name, normalised
    root: str      # the package or folder; in a collection also the first word


def read_list(path):
    """Read a text list: one entry a line, '#' begins a comment."""
    lines = (line.split("#")[0].strip() for line in Path(path).read_text().splitlines())
    return [line for line in lines if line]


def matches(face, patterns):
    """Tell whether a family key or file name matches one of the shell patterns."""
    name = Path(face.path).name
    return any(fnmatchcase(face.key, p) or fnmatchcase(name, p) for p in patterns)


def download(packages, work):
    """Download the packages that are not yet in work/debs (nothing is installed)."""
    debs = work / "debs"
    debs.mkdir(parents=True, exist_ok=True)
    missing = [p for p in packages if not list(debs.glob(p + "_*.deb"))]
    if missing:
        subprocess.run(["apt-get", "download", *missing], cwd=debs, check=True)


def versions(packages, work):
    """Return the version of each downloaded package, by name."""
    found = {}
    for package in packages:
        deb = sorted((work / "debs").glob(package + "_*.deb"))[0]
        found[package] = deb.name.split("_")[1].replace("%3a", ":")
    return found


def unpack(packages, work):
    """Unpack the fonts and copyright files of each package into work/unpacked."""
    for package in packages:
        target = work / "unpacked" / package
        if target.exists():
            continue
        target.mkdir(parents=True)
        deb = sorted((work / "debs").glob(package + "_*.deb"))[0]
        subprocess.run(["dpkg-deb", "-x", str(deb), str(target)], check=True)


def words(name):
    """Split a family name into lower-case words, also at changes of case."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return [w for w in re.split(r"[^a-z0-9]+", name.lower()) if w]


def normalise(name):
    """Reduce a family name to its design: no styles, sizes, makers, digits at the end."""
    kept = [w for w in words(name) if w not in STYLE_WORDS]
    kept = [w for w in (re.sub(r"(?<=[a-z]{2})\d+$", "", w) for w in kept) if w]
    if len(kept) > 1:
        kept = [w for w in kept if not w.isdigit()] or kept
    return "".join(kept) or "".join(words(name)) or name.strip().lower()


def family_name(path):
    """Return the family name from the font's name table (or its Type 1 header)."""
    if path.suffix.lower() == ".pfb":
        return ImageFont.truetype(str(path), 20).getname()[0] or path.stem
    with TTFont(path, lazy=True) as font:
        for ident in (16, 1, 4):
            name = font["name"].getDebugName(ident)
            if name and name.strip():
                return name.strip()
    return path.stem


def has_letters(path):
    """Tell whether the font's own character map has all ten capital letters."""
    if path.suffix.lower() == ".pfb":
        return True  # no character map in the file; the drawing step judges it
    with TTFont(path, lazy=True) as font:
        cmap = font.getBestCmap() or {}
    return all(ord(letter) in cmap for letter in LETTERS)


def discover(packages, work):
    """List the usable faces of all packages, in sorted order."""
    base = work / "unpacked"
    faces = []
    for package in sorted(packages):
        for path in sorted((base / package).rglob("*")):
            if path.suffix.lower() not in SUFFIXES or path.is_symlink():
                continue
            try:
                if not has_letters(path):
                    continue
                family = family_name(path)
            except Exception:  # a damaged or unusual file: leave it out
                continue
            key = normalise(family)
            place = path.parent.name if package.startswith("texlive") else package
            if place in COLLECTIONS:
                place += "/" + next((w for w in words(family) if w not in STYLE_WORDS), key)
            faces.append(Face(str(path.relative_to(base)), package, family, key, place))
    return faces
