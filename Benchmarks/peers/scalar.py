"""CPython: option work=fib|loop"""

from common import option, report, timed


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def loop():
    s, i = 0.0, 0
    while i < 5_000_000:
        s = s + i * 0.5
        i = i + 1
    return s


if option("work", "fib") == "fib":
    report(timed(lambda: fib(30), 3, warm=0), fib(30))
else:
    report(timed(loop, 3, warm=0), loop())
