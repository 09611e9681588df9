#!/usr/bin/env python3
"""Count the sessions of each user from visits, `user TAB time TAB page`, by user and time.

A pause of half an hour begins a session. Visits that come unsorted are an error.
"""

import sys
from itertools import groupby

PAUSE = 1800


def user_of(line: str) -> str:
    return line.partition("\t")[0]


for user, lines in groupby(sys.stdin, key=user_of):
    sessions, last = 0, -PAUSE
    for line in lines:
        time = int(line.split("\t")[1])
        if time < last:
            sys.exit(f"the visits of {user} are not sorted by time")
        sessions += time - last >= PAUSE
        last = time
    print(user, sessions, sep="\t")
