"""The command line of ``hadoopless doctor``."""

from __future__ import annotations

import argparse

from hadoopless.entry.arguments import Parser, add_shared

_EXAMPLE = """\
example:
  hadoopless doctor --shared=/data/job ./mapper.py ./reducer.py
exit codes:
  0    jobs can run
  1    something must be mended
  2    a wrong option
"""


def new_parser() -> Parser:
    """The options, as the user may give them."""
    parser = Parser(
        prog="hadoopless doctor",
        description="Look for what may keep jobs from running here. Nothing is changed.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help="programs of a job")
    parser.add_argument("--workers", metavar="URL,URL", help="these, not the inventory's")
    parser.add_argument("--shared", metavar="DIR", help="a directory that all workers should see")
    parser.add_argument("--spillDir", metavar="DIR", help="the workers' directory for spills")
    add_shared(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser
