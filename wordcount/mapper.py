#!/usr/bin/env python3
"""Word count, map side: write `word TAB 1` for each word of stdin."""

import sys

# Words are passed on as they are, also those that are not valid UTF-8.
sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")

lower = "--lower" in sys.argv[1:]

for line in sys.stdin:
    if lower:
        line = line.lower()
    for word in line.split():
        print(word, 1, sep="\t")
