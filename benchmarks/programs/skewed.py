#!/usr/bin/env python3
"""A mapper of words, half of which it calls ``the``."""

import sys

for line in sys.stdin:
    for number, word in enumerate(line.split()):
        print("the" if number % 2 else word, 1, sep="\t")
