#!/usr/bin/env python3
"""Add up the numbers of each key; equal keys of `key TAB number` come one after another."""

import sys
from itertools import groupby


def key_of(line: str) -> str:
    return line.partition("\t")[0]


for key, lines in groupby(sys.stdin, key=key_of):
    print(key, sum(int(line.partition("\t")[2]) for line in lines), sep="\t")
