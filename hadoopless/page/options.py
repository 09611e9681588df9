"""The command line of ``hadoopless ui``."""

from __future__ import annotations

import argparse

from hadoopless.entry.arguments import Parser, add_job, index, seconds

_UI_EXAMPLE = """\
example:
  hadoopless ui last
Open the link that it prints. Only the browser that has opened it sees the pages; another machine
sees them through ssh -L PORT:127.0.0.1:PORT.
"""


def new_parser() -> Parser:
    """The options, as the user may give them."""
    parser = Parser(
        prog="hadoopless ui",
        description="Show jobs in a browser, live while they run.",
        epilog=_UI_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_job(parser, otherwise="a list of all jobs")
    parser.add_argument(
        "--port", type=index, default=0, metavar="N", help="listen on this port (any that is free)"
    )
    # For the process that --dashboard starts: a listening socket, and when to end.
    parser.add_argument("--inherited", type=index, metavar="FD", help=argparse.SUPPRESS)
    parser.add_argument("--linger", type=seconds, metavar="SECONDS", help=argparse.SUPPRESS)
    return parser
