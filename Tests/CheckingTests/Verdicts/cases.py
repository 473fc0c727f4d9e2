"""Cases for `check`: a script that ends in a check, with the verdict and the names that fit it.

    cases.py COUNT SEED                  writes them as one script
    cases.py COUNT SEED NNSH             runs them, tells what came out wrong, and fails where a
                                         verdict is wrong or less than 97 % of the mistakes are named
    cases.py COUNT SEED NNSH --fixture   writes them for `VerdictTests`
"""

import random
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass

import networks


@dataclass
class Case:
    code: list
    names: tuple  # ("none",) where the gradient is right
    label: str
    check: str
    target: str


def multiple_of(times):
    """The names of a gradient that is some multiple of the right one."""
    if abs(times) < 1e-5:
        return ("term",)
    return ("sign", "factor") if times < 0 else ("factor",)


def lines_of(network, target, mistake=None):
    """The backward lines of a target's gradient, with at most one of them wrong."""
    name = network.targets[target]
    lines = []
    for key in network.needed(name):
        text = network.backward[key]
        if mistake and key == mistake.line:
            text = mistake.wrong
        elif key in network.writings:
            text = network.rng.choice(network.writings[key])
        lines.append(f"{key} = {text}")
    return lines, name


def assemble(network, target, mistake, label):
    """One of the ways to write a check down: statements, or a function that does it all."""
    rng = network.rng
    lines, name = lines_of(network, target, mistake)
    forward = [f"{key} = {text}" for key, text in network.forward]
    code = list(network.setup)
    loss = ["fn L() {"] + ["  " + line for line in forward] + [f"  return {network.loss}", "}"]
    if rng.random() < 0.5:
        code += forward + loss + lines
        check = f"check {name} against L() wrt {target}"
    else:
        body = ["  " + line for line in forward + lines[:-1]]
        code += loss + ["fn G() {"] + body + [f"  return {lines[-1].split(' = ', 1)[1]}", "}"]
        check = f"check G() against L() wrt {target}"
    names = mistake.names if mistake else ("none",)
    return Case(code, names, f"{network.kind}, {target}: {label}", check, target)


def stale_case(network, target):
    """The parameter is updated between the forward and the backward pass."""
    lines, name = lines_of(network, target)
    forward = [f"{key} = {text}" for key, text in network.forward]
    loss = ["fn L() {"] + ["  " + line for line in forward] + [f"  return {network.loss}", "}"]
    code = network.setup + forward + loss + [f"{target} += 0.2 * randn(shape({target}))"] + lines
    return Case(code, ("stale",), f"{network.kind}, {target}: updated before the backward pass",
                f"check {name} against L() wrt {target}", target)


def cases(count, seed):
    rng = random.Random(seed)
    made = 0
    while made < count:
        network = networks.network(rng)
        for _ in range(3):
            if made >= count:
                return
            target = rng.choice(sorted(network.targets))
            reaching = set(network.needed(network.targets[target]))
            mistakes = [m for m in network.mistakes if m.line in reaching]
            choice = rng.random()
            if choice < 0.3 or not mistakes:
                case = assemble(network, target, None, "right")
            elif choice < 0.35 and network.forward and "penalty" not in network.kind:
                case = stale_case(network, target)
            else:
                mistake = rng.choice(mistakes)
                case = assemble(network, target, mistake, f"{mistake.line} {mistake.label}")
            made += 1
            yield case


def script(found, seed):
    lines = []
    for number, case in enumerate(found):
        lines += ["clear", f"seed({seed * 100003 + number})"] + case.code
        lines += [
            "L0 = 0; truth = grad L() wrt " + case.target,
            f"given = {case.check.split()[1]}",
            case.check,
            "v = ans",
            # How far the gradient truly is from the right one (a wrong shape is far), and of which
            # multiple of it: of a mistake in one place whose effect is a multiple of the whole,
            # the numbers say no more than that.
            "far = 9; times = 0; apart = 9",
            "if size(given) == size(truth) {",
            "  given = f64(reshape(given, [size(truth)])); truth = f64(reshape(truth, [size(truth)]))",
            "  far = max(abs(given - truth)) / (max(abs(truth)) + 1e-12)",
            "  times = sum(given * truth) / (sum(truth * truth) + 1e-30)",
            "  apart = max(abs(given - times * truth)) / (max(abs(truth)) + 1e-12)",
            "}",
            f'print("@@ {number} {{v.ok}} {{v.diagnosis}} {{v.measured}} {{far}} {{times}} {{apart}}")',
        ]
    return "\n".join(lines) + "\n"


def run(found, seed, binary):
    with tempfile.NamedTemporaryFile("w", suffix=".nns") as file:
        file.write(script(found, seed))
        file.flush()
        done = subprocess.run([binary, "-X", "--no-history", "--keep-going", file.name],
                              capture_output=True, text=True)
    answers, details = {}, {}
    text = []
    for line in done.stdout.splitlines() + [""]:
        if line.startswith("@@ "):
            parts = line.split()
            answers[int(parts[1])] = parts[2:]
            details[int(parts[1])] = text
            text = []
        else:
            text.append(line)
    errors = [line for line in done.stderr.splitlines() if line.startswith("error")]
    return answers, details, errors


def judged(found, answers):
    """The cases that count, with the names that fit and what was said."""
    for number, case in enumerate(found):
        if number not in answers:
            yield case, case.names, None, None
            continue
        ok, diagnosis = answers[number][:2]
        far, times, apart = map(float, answers[number][3:])
        names = case.names
        if names != ("none",):
            if far < 1e-3:
                continue  # a mistake that changes nothing here is none
            if apart < 1e-5:
                names += multiple_of(times)
        yield case, names, ok == "true", diagnosis


def fixture(found, answers, seed):
    """The cases as `VerdictTests` reads them: the names that fit, then the script."""
    lines = []
    for number, (case, names, _, _) in enumerate(judged(found, answers)):
        lines += [f"#### {' '.join(names)} | {case.label}", f"seed({seed * 100003 + number})"]
        lines += case.code + [case.check]
    return "\n".join(lines) + "\n"


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    found = list(cases(count, seed))
    if len(sys.argv) < 4:
        print(script(found, seed))
        return
    answers, details, errors = run(found, seed, sys.argv[3])
    if "--fixture" in sys.argv:
        print(fixture(found, answers, seed), end="")
        return
    tally = Counter()
    for case, names, ok, diagnosis in judged(found, answers):
        tally["right" if names == ("none",) else "wrong"] += 1
        if ok is None:
            outcome = "no answer"
        elif ok != (names == ("none",)):
            outcome = "false alarm" if names == ("none",) else "missed"
        elif diagnosis not in names:
            outcome = "misnamed"
        else:
            continue
        tally[outcome] += 1
        print(f"-- {found.index(case)} {case.label}: {outcome}")
        print(f"   said {diagnosis}, fits {' or '.join(names)}")
        for line in details.get(found.index(case), [])[-12:]:
            print("     " + line)
    for error in errors[:10]:
        print(error)
    named = 1 - tally["misnamed"] / max(1, tally["wrong"])
    print(f"{dict(tally)}, {100 * named:.1f} % of the mistakes named")
    sound = not (tally["no answer"] or tally["false alarm"] or tally["missed"])
    sys.exit(0 if sound and named >= 0.97 else 1)


main()
