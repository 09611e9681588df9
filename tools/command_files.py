"""Writes the files that tell of the command ``hadoopless``: completions, and its manual page.

``make diagrams`` runs it. The files lie in ``share``, from where a wheel installs them to where
shells and ``man`` look.
"""

from __future__ import annotations

from pathlib import Path

from hadoopless.commands.completion import FILES
from tools.command_tree import tree
from tools.completions import scripts
from tools.man_page import man_page

REPOSITORY = Path(__file__).resolve().parent.parent
SHARE = REPOSITORY / "share"
MAN_PAGE = "man/man1/hadoopless.1"


def files() -> dict[Path, str]:
    """The text of each file."""
    top = tree()
    made = {SHARE / FILES[shell]: text for shell, text in scripts(top).items()}
    return made | {SHARE / MAN_PAGE: man_page(top)}


def main() -> None:
    """Renew all files."""
    for path, text in files().items():
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            print(f"{path.relative_to(REPOSITORY)} is new")


if __name__ == "__main__":
    main()
