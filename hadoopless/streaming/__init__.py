"""Hadoop Streaming's command line: from its words to a job of ours.

This package imports none of its modules by itself, so that a client starts fast.
"""
