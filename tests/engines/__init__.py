"""Tests of the other engines."""
