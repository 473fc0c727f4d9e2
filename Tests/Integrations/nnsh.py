"""Runs nnsh for the tests."""

import os
import subprocess


def run(code, folder, check=True):
    """Runs a script in a folder; gives the finished process."""
    result = subprocess.run(
        [os.environ["NNSH"], "-X", "--no-history", "-q", "-c", code], cwd=folder, text=True,
        capture_output=True, timeout=300)
    if check:
        assert result.returncode == 0, result.stderr + result.stdout
    return result
