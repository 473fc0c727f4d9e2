"""The lexer for Pygments, by Pygments."""

import importlib.util
from pathlib import Path

import pytest
from pygments.token import Comment, Error, Keyword, Name, Number, String

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(
    path
    for folder in ("examples", "Tests/GoldenTests/Scripts", "Sources/Shell/Lessons/Scripts")
    for path in (ROOT / folder).glob("*.nns")
)


@pytest.fixture(scope="module")
def lexer():
    path = ROOT / "editors/pygments/nnsh_pygments.py"
    spec = importlib.util.spec_from_file_location("nnsh_pygments", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.NNSHLexer(ensurenl=False, stripnl=False)


def test_every_script_is_read_whole(lexer):
    assert len(SCRIPTS) > 50
    for path in SCRIPTS:
        # Some scripts show what happens where the text is broken.
        text = path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n")
        text = text.replace("\r", "\n")
        tokens = list(lexer.get_tokens(text))
        assert "".join(value for _, value in tokens) == text.lstrip("\ufeff"), path


def test_scripts_that_run_hold_no_error(lexer):
    for path in (ROOT / "examples").glob("*.nns"):
        errors = [v for kind, v in lexer.get_tokens(path.read_text(encoding="utf-8")) if kind is Error]
        assert not errors, (path, errors)


@pytest.mark.parametrize(
    "code, word, kind",
    [
        ("train net on letters epochs=5", "train", Keyword.Pseudo),
        ("train net on letters epochs=5", "on", Keyword.Pseudo),
        ("train net on letters epochs=5", "epochs", Name.Attribute),
        ("train = 3", "train", Name),
        ("r = test net on d", "test", Keyword.Pseudo),
        ("x = test.x", "test", Name),
        ("for i in 1...3 { show i }", "show", Keyword.Pseudo),
        ("if a { b = {c: 1} }\nplot b", "plot", Keyword.Pseudo),
        ("dense(3, 4) |> relu", "dense", Name.Class),
        ("softmax(x)", "softmax", Name.Builtin),
        ("x.sum", "sum", Name.Property),
        ("fn area(r) = r", "area", Name.Function),
        ("# text", "# text", Comment.Single),
        ("1_000", "1_000", Number),
        ("0..<5", "5", Number),
        ("inf", "inf", Keyword.Constant),
        ("größe₁ = 2", "größe₁", Name),
        ('"loss {l:.4f} {{x}}"', "l", Name),
        ('"loss {l:.4f} {{x}}"', ":.4f", String.Interpol),
        ('"loss {l:.4f} {{x}}"', "{{", String.Escape),
    ],
)
def test_words_have_their_kinds(lexer, code, word, kind):
    tokens = [(k, v) for k, v in lexer.get_tokens(code) if v == word]
    assert tokens and all(k is kind for k, _ in tokens), list(lexer.get_tokens(code))
