#!/usr/bin/env python3
"""Inverted index, reduce side: write each word with its documents, sorted, each once."""

import sys
from itertools import groupby


def word_of(line: str) -> str:
    return line.partition("\t")[0]


for word, lines in groupby(sys.stdin, key=word_of):
    documents = {line.rstrip("\n").partition("\t")[2] for line in lines}
    print(word, ",".join(sorted(documents)), sep="\t")
