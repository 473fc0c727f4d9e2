"""The syntax file for Vim and Neovim, by what they say of each character."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EDITORS = [program for program in ("vim", "nvim") if shutil.which(program)]

# A line, a word of it, and the group that it belongs to; empty for none.
WORDS = [
    ("train net on letters epochs=5", "train", "Command"),
    ("train net on letters epochs=5", "on", "CommandWord"),
    ("train net on letters epochs=5", "epochs", "Argument"),
    ("train = 3", "train", ""),
    ("r = test net on d", "test", "Command"),
    ("x = test.x", "test", ""),
    ("for i in 1...3 { show i }", "show", "Command"),
    ("for i in 1...3 { show i }", "in", "Keyword"),
    ("dense(3, 4) |> relu", "dense", "Layer"),
    ("dense(3, 4) |> relu", "relu", "Function"),
    ("softmax(x)", "softmax", "Function"),
    ("y = x.sum", "sum", "Field"),
    ("y = x.train.mean", "train", "Field"),
    ("f(1, size=2)", "size", "Argument"),
    ("plot x by=labels", "by", "Argument"),
    ("a == b", "a", ""),
    ("fn area(r) = r", "area", "Definition"),
    ("fn area(r) = r", "fn", "Keyword"),
    ("# text", "text", "Comment"),
    ("n = 1_000", "1_000", "Number"),
    ("0..<5", "5", "Number"),
    ("z = inf", "inf", "Constant"),
    ('"one {x + 1}"', "one", "String"),
    ('"one {x + 1}"', "1", "Number"),
    ("load letters", "load", "Command"),
    ("a = grad L() wrt W", "wrt", "Keyword"),
    ("assumption = 2", "assumption", ""),
]

QUERY = """
set nocompatible
set runtimepath^={folder}
filetype plugin on
syntax on
edit words.nns
redir! > groups.txt
for place in {places}
  silent echo synIDattr(synID(place[0], place[1], 1), 'name') . '|'
endfor
silent echo &filetype . ' ' . &commentstring . '|'
redir END
qa!
"""


@pytest.mark.parametrize("editor", EDITORS)
def test_words_belong_to_their_groups(editor, tmp_path):
    lines = [line for line, _, _ in WORDS]
    (tmp_path / "words.nns").write_text("\n".join(lines) + "\n")
    # Vim counts from 1, in bytes.
    places = [
        [number + 1, len(line[: line.index(word)].encode()) + 1]
        for number, (line, word, _) in enumerate(WORDS)
    ]
    (tmp_path / "query.vim").write_text(
        QUERY.format(folder=ROOT / "editors" / "vim", places=places)
    )
    subprocess.run(
        [editor, "-es", "-N", "-u", "NONE", "-S", "query.vim"], cwd=tmp_path, timeout=60,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    found = [line.rstrip("|") for line in (tmp_path / "groups.txt").read_text().split()]
    expected = ["nnsh" + group if group else "" for _, _, group in WORDS]
    wrong = [
        (line, word, group, got)
        for (line, word, _), group, got in zip(WORDS, expected, found)
        if group != got
    ]
    assert not wrong
    assert found[len(WORDS)] == "nnsh" and found[len(WORDS) + 1].startswith("#")


def test_vim_is_there():
    assert EDITORS, "install vim: Scripts/install-packages integrations"
