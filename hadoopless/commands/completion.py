"""``hadoopless completion``: prints the script that completes words in a shell.

The scripts are made from the options by ``python -m tools.completions`` and lie in ``share``, where
shells find those of an installed package by themselves. Nothing of ours runs at a TAB.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from hadoopless import installation
from hadoopless.entry.arguments import Parser
from hadoopless.entry.telling import check_told
from hadoopless.errors import InputError

#: The file for each shell, within ``share``.
FILES = {
    "bash": "bash-completion/completions/hadoopless",
    "zsh": "zsh/site-functions/_hadoopless",
    "fish": "fish/vendor_completions.d/hadoopless.fish",
}
_EXAMPLE = """\
examples:
  eval "$(hadoopless completion bash)"     # in ~/.bashrc
  eval "$(hadoopless completion zsh)"      # in ~/.zshrc, behind compinit
  hadoopless completion fish > ~/.config/fish/completions/hadoopless.fish
"""


def new_parser() -> Parser:
    """The options, as the user may give them."""
    parser = Parser(
        prog="hadoopless completion",
        description="Print the script that completes the words of hadoopless in a shell.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("shell", choices=list(FILES), metavar="SHELL", help="bash, zsh or fish")
    return parser


def main(words: Sequence[str]) -> int:
    """Print the script; returns the exit code. Raises UsageError, InputError, DiskError."""
    options = new_parser().parse_args(words)
    path = os.path.join(installation.HOME, "share", FILES[options.shell])
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    sys.stdout.buffer.write(text.encode())  # also where the encoding of stdout lacks some of it
    check_told()
    return 0
