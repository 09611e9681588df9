"""Hadoop Streaming: from the words of its command line to a job that runs here.

This package imports none of its modules by itself, so that a client starts fast.
"""
