"""What editors read: VS Code's extension folder and its grammar, by a tokenizer with VS Code's regular
expressions (Oniguruma); Helix's languages.toml."""

import json
import os
import pathlib
import subprocess
import tomllib

import pytest
from textmate_grammar.parsers.base import LanguageParser

EDITORS = pathlib.Path(__file__).parents[2] / "editors"
VSCODE = EDITORS / "vscode"


def read(path):
    return json.loads(path.read_text())


PACKAGE = read(VSCODE / "package.json")
GRAMMAR = LanguageParser(read(VSCODE / PACKAGE["contributes"]["grammars"][0]["path"]))


def test_the_extension_is_whole():
    contributes = PACKAGE["contributes"]
    for path in [PACKAGE["main"], contributes["languages"][0]["configuration"],
                 contributes["grammars"][0]["path"]]:
        assert (VSCODE / path).is_file(), path
    assert contributes["grammars"][0]["scopeName"] == GRAMMAR.token
    assert contributes["grammars"][0]["language"] == contributes["languages"][0]["id"]
    assert contributes["languages"][0]["extensions"] == [".nns"]
    read(VSCODE / contributes["languages"][0]["configuration"])
    version = subprocess.run(
        [os.environ["NNSH"], "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.split()[1] == PACKAGE["version"]


def kinds(line):
    """The innermost scope of each piece of a line that has one, without the language's name."""
    element = GRAMMAR.parse_string(line + "\n")
    return [(text.strip(), scopes[-1].removesuffix(".nnsh")) for _, text, scopes in element.flatten()
            if scopes[-1] != GRAMMAR.token and text.strip()]


@pytest.mark.parametrize("line, expected", [
    ("train net on letters epochs=3",
     [("train", "keyword.other.command"), ("net", "variable.other"),
      ("on", "keyword.other.command-word"), ("letters", "variable.other"),
      ("epochs", "variable.parameter"), ("=", "keyword.operator"), ("3", "constant.numeric")]),
    ("train = 3.5e-2",
     [("train", "variable.other"), ("=", "keyword.operator"), ("3.5e-2", "constant.numeric")]),
    ("fn f(x) = relu(x) # why",
     [("fn", "keyword.declaration.function"), ("f", "entity.name.function"), ("x", "variable.other"),
      ("=", "keyword.operator"), ("relu", "support.function"), ("x", "variable.other"),
      ("# why", "comment.line.number-sign")]),
    ('"a {x:.3f}"',
     [('"a', "string.quoted.double"), ("{", "punctuation.section.embedded"), ("x", "variable.other"),
      (":.3f", "constant.other.format"), ("}", "punctuation.section.embedded"),
      ('"', "string.quoted.double")]),
])
def test_the_grammar_colours(line, expected):
    assert kinds(line) == expected


def test_helix_finds_the_language_server():
    settings = tomllib.loads((EDITORS / "helix" / "languages.toml").read_text())
    (language,) = settings["language"]
    (server,) = language["language-servers"]
    assert language["file-types"] == ["nns"] and language["scope"] == GRAMMAR.token
    assert settings["language-server"][server] == {"command": "nnsh", "args": ["--lsp"]}
