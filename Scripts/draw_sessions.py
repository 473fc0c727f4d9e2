"""Types sessions at nnsh in a pseudo-terminal and draws what the screen shows as PNG.

usage: draw_sessions.py BINARY FOLDER
"""

import os
import pty
import re
import select
import struct
import sys
import tempfile
import termios
import time
from fcntl import ioctl

import pyte
from PIL import Image, ImageDraw, ImageFont

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono{}.ttf"
SIZE, CELL_WIDTH, CELL_HEIGHT, MARGIN = 20, 12, 25, 24
BACKGROUND, FOREGROUND = "#15181e", "#d8dee9"
COLOURS = {
    "black": "#4c566a", "red": "#e06c75", "green": "#98c379", "brown": "#e5c07b",
    "blue": "#61afef", "magenta": "#c678dd", "cyan": "#56b6c2", "white": "#d8dee9",
    "brightblack": "#7b8394", "brightred": "#ef8a92", "brightgreen": "#b3d995",
    "brightbrown": "#f0d399", "brightblue": "#8cc7f7", "brightmagenta": "#d79bea",
    "brightcyan": "#7fd0da", "brightwhite": "#ffffff",
}

# Each picture: its name, the screen's columns and rows, and what is typed.
SESSIONS = [
    ("session", 88, 46, [
        "load letters",
        "seed 1; net = dense(784, 64) |> relu |> dense(10) |> softmax",
        "train net on letters epochs=3 rate=0.05",
        "show mistakes of net on letters.test 3",
        "x = letters.train.x[0:100]; y = letters.train.y[0:100]; W = xavier(784, 10)",
        "fn L() = cross_entropy(y, softmax(x @ W))",
        "check x' @ (softmax(x @ W) - y) against L() wrt W",
    ]),
    ("regions", 88, 31, [
        "load spirals",
        "seed 1; net = dense(2, 32) |> tanh |> dense(32) |> tanh |> dense(3) |> softmax",
        "train net on spirals epochs=200 optimizer=adam(0.01) batch=32 every=100",
        "show net on spirals",
    ]),
    ("derivation", 88, 44, [
        "x = randn(6, 4); y = one_hot([0, 1, 2, 0, 1, 2], 3)",
        "W = randn(4, 3); b = zeros(3)",
        "fn L() = cross_entropy(y, softmax(x @ W + b))",
        "derive L() wrt W",
    ]),
]


def typed(binary, columns, rows, lines):
    """The screen after the lines were typed one after the other."""
    home = tempfile.mkdtemp()
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(home)
        environment = {
            "HOME": home, "TERM": "xterm-256color", "LANG": "C.UTF-8", "PATH": os.environ["PATH"],
        }
        os.execve(binary, [binary, "-X", "--no-history"], environment)
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    screen = pyte.Screen(columns, rows)
    stream = pyte.ByteStream(screen)

    def settle(quiet=1.5):
        last = time.monotonic()
        while time.monotonic() - last < quiet:
            if select.select([terminal], [], [], 0.1)[0]:
                # Questions to the terminal that pyte would print.
                stream.feed(re.sub(rb"\x1b_.*?\x1b\\", b"", os.read(terminal, 65536)))
                last = time.monotonic()

    settle()
    for line in lines:
        os.write(terminal, line.encode())
        settle(0.5)
        os.write(terminal, b"\r")
        settle(3)
    os.write(terminal, b"\x04")
    os.close(terminal)
    os.waitpid(child, 0)
    return screen


def colour(name, default):
    if name == "default":
        return default
    return COLOURS.get(name, "#" + name if len(name) == 6 else default)


def draw_braille(draw, left, top, character, fill):
    """Dots by hand: few monospaced fonts have them in the cell's raster."""
    bits = ord(character) - 0x2800
    places = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]
    for bit, (column, row) in enumerate(places):
        if bits >> bit & 1:
            x = left + (column + 0.5) * CELL_WIDTH / 2
            y = top + (row + 0.5) * CELL_HEIGHT / 4
            draw.ellipse((x - 2.2, y - 2.2, x + 2.2, y + 2.2), fill=fill)


def drawn(screen):
    fonts = {bold: ImageFont.truetype(FONT.format("-Bold" if bold else ""), SIZE)
             for bold in (False, True)}
    used = max((y for y in range(screen.lines) if screen.display[y].strip()), default=0) + 1
    size = (screen.columns * CELL_WIDTH + 2 * MARGIN, used * CELL_HEIGHT + 2 * MARGIN)
    image = Image.new("RGB", size, BACKGROUND)
    draw = ImageDraw.Draw(image)
    for y in range(used):
        for x in range(screen.columns):
            cell = screen.buffer[y][x]
            left, top = MARGIN + x * CELL_WIDTH, MARGIN + y * CELL_HEIGHT
            fill, back = colour(cell.fg, FOREGROUND), colour(cell.bg, BACKGROUND)
            if cell.reverse:
                fill, back = back, fill
            if back != BACKGROUND:
                draw.rectangle((left, top, left + CELL_WIDTH - 1, top + CELL_HEIGHT - 1), back)
            if "\u2800" <= cell.data <= "\u28ff":
                draw_braille(draw, left, top, cell.data, fill)
            elif cell.data == "▀":
                half = (left, top, left + CELL_WIDTH - 1, top + CELL_HEIGHT // 2 - 1)
                draw.rectangle(half, fill)
            elif cell.data == "█":
                draw.rectangle((left, top, left + CELL_WIDTH - 1, top + CELL_HEIGHT - 1), fill)
            elif cell.data.strip():
                draw.text((left, top), cell.data, fill, fonts[cell.bold])
    return image


def main():
    binary, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    for name, columns, rows, lines in SESSIONS:
        image = drawn(typed(binary, columns, rows, lines))
        image.quantize(64).save(os.path.join(folder, name + ".png"), optimize=True)


main()
