#!/usr/bin/env python3
"""Word count, reduce side: add up the counts of each word; equal words come one after another."""

import sys
from itertools import groupby

# Words are passed on as they are, also those that are not valid UTF-8.
sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")


def word_of(line):
    return line.split("\t")[0]


for word, lines in groupby(sys.stdin, key=word_of):
    total = sum(int(line.split("\t")[1]) for line in lines)
    print(word, total, sep="\t")
