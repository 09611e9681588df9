"""The package as users install it: from its wheel, on each Python, here and on a bare machine."""
