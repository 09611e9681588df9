"""Kinds of values on our command lines, for argparse."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeVar

from mapreduce.errors import UsageError
from mapreduce.sizes import parse_number, parse_seconds, parse_size

Value = TypeVar("Value")


def _argument(parse: Callable[[str], Value]) -> Callable[[str], Value]:
    """*parse* with its UsageError turned into what argparse shows beside the option's name."""

    def convert(text: str) -> Value:
        try:
            return parse(text)
        except UsageError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return convert


#: A whole number from 1.
count = _argument(lambda text: parse_number(text, "", 1))
#: A whole number from 0.
index = _argument(lambda text: parse_number(text, "", 0))
#: A time in seconds, above 0.
seconds = _argument(lambda text: parse_seconds(text, ""))
#: Bytes, as in 64MB.
size = _argument(lambda text: parse_size(text, ""))
