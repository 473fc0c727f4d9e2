"""Draw letters: large glyph images, and the transforms that make 28x28 pictures."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIDE = 28    # side of a picture
FIT = 26     # the letter's longer side, at most
LARGE = 156  # the longer side of the large glyph image, before the transforms
ABSENT = "\uf5e3"  # a private character that fonts do not have


def _mask(path, letter, size):
    """Draw one letter at a font size; return the cropped grey image, or None."""
    font = ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
    left, top, right, bottom = font.getbbox(letter)
    width, height = right - left + 8, bottom - top + 8
    if not (8 < width < 4000 and 8 < height < 4000):
        return None
    image = Image.new("L", (width, height))
    ImageDraw.Draw(image).text((4 - left, 4 - top), letter, fill=255, font=font)
    box = image.getbbox()
    return image.crop(box) if box else None


def glyph(path, letter):
    """Return a large grey image of the letter (longer side near LARGE), or None."""
    image = _mask(path, letter, 100)
    if image is None:
        return None
    size = round(100 * LARGE / max(image.size))
    if not 10 <= size <= 2000:
        return None
    return _mask(path, letter, size)


def absent_glyph(path):
    """Return the picture a font shows for a character it does not have, or None."""
    image = glyph(path, ABSENT)
    return None if image is None else picture(image)


def fit(image, longest):
    """Scale an image so that its longer side is `longest`, keeping the aspect."""
    factor = longest / max(image.size)
    size = [max(1, round(side * factor)) for side in image.size]
    return image.resize(size, Image.Resampling.BOX)


def picture(image, degrees=0.0, shear=0.0, longest=FIT, shift=(0.0, 0.0)):
    """Turn, shear, crop, scale and centre a large glyph; return a 28x28 array.

    `shift` moves the letter by pixels, as far as there is room.
    """
    if degrees or shear:
        image = _affine(image, degrees, shear)
    # Thin parts left by the resampling must not count as ink.
    box = image.point(lambda level: 255 if level > 40 else 0).getbbox()
    small = fit(image.crop(box) if box else image, longest)
    canvas = Image.new("L", (SIDE, SIDE))
    place = [min(max(round((SIDE - side) / 2 + move), 0), SIDE - side)
             for side, move in zip(small.size, shift)]
    canvas.paste(small, tuple(place))
    return np.asarray(canvas)


def _affine(image, degrees, shear):
    """Turn and shear an image about its centre, on a larger ground."""
    width, height = image.size
    side = int(1.5 * max(width, height)) + 4
    ground = Image.new("L", (side, side))
    ground.paste(image, ((side - width) // 2, (side - height) // 2))
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    a, b, c, d = (turn @ np.array([[1, shear], [0, 1]])).ravel()
    mid = side / 2
    return ground.transform(
        ground.size, Image.Transform.AFFINE,
        (a, b, mid - a * mid - b * mid, c, d, mid - c * mid - d * mid),
        resample=Image.Resampling.BICUBIC)
