"""The road that data travels: split, program, sort, segment, fetch, merge, commit.

Nothing here knows who scheduled a task or who will read its output. This package imports none of
its modules by itself: some of them load numpy, which the coordinator must not pay for.
"""
