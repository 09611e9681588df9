#!/usr/bin/env python3
"""Inverted index, map side: write `word TAB document` for each word of `document TAB text`."""

import sys

for line in sys.stdin:
    document, _, text = line.partition("\t")
    for word in set(text.split()):
        print(word, document, sep="\t")
