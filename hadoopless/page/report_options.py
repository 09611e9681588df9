"""The command line of ``hadoopless report``."""

from __future__ import annotations

import argparse

from hadoopless.entry.arguments import Parser, add_job

_EXAMPLE = """\
example:
  hadoopless report last -o report.html
"""


def new_parser() -> Parser:
    """The options, as the user may give them."""
    parser = Parser(
        prog="hadoopless report",
        description="Write the page of a job into one file, which needs no server and no network.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_job(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="the report, as HTML")
    parser.add_argument(
        "--perfetto", metavar="FILE", help="the attempts as a trace for ui.perfetto.dev"
    )
    parser.add_argument("--csv", metavar="FILE", help="the attempts as comma-separated values")
    return parser
