"""Writes formats.txt: `format(value, specification)` of Python for many of both.

One case a line, tab-separated: value, specification, text. Without a conversion nnsh shows a whole
number exactly and another in the shortest of so many digits, so such cases are of g or of ints.
"""

import math
import pathlib

SPECIFICATIONS = """.4f 8.4f <8.2f >8.2f ^9.2f +.2f 08.3f +08.3f ,.2f 012,.2f e .2e 12.3e .3g g 10.6g
G E F .0f .1% % 8.2% , 10, *^12.2f x=+10.1f .3 .1 .10 5 <5 ^7 .0e 015,.3f""".split() + [" .2f"]
VALUES = """0.0 1.0 -1.0 3.14159265 -2.5 0.5 1.5 2.5 1234567.891 1e-7 1e20 123456789.0 -0.000123 inf
-inf nan 0.30000000000000004 99.995 1e16 -1234.5""".split()
INTEGERS = "0.0 7.0 -42.0 1234567.0 1e15".split()

lines = []
for specification in SPECIFICATIONS:
    for value in VALUES:
        number = float(value)
        if specification[-1] in "feEgGF%":
            text = format(number, specification)
        elif "." in specification:
            text = format(number, specification + "g")
        elif math.isfinite(number) and number == int(number) and abs(number) < 1e16:
            text = format(int(number), specification)
        else:
            continue
        lines.append(f"{value}\t{specification}\t{text}")
for specification in "d 5d <5d 05d +d ,d 010,d ^8d".split():
    for value in INTEGERS:
        lines.append(f"{value}\t{specification}\t{format(int(float(value)), specification)}")
here = pathlib.Path(__file__).resolve().parent
(here / "formats.txt").write_text("\n".join(lines) + "\n")
