#!/bin/sh
# Map side of the letters workload: each word on a line of its own; no word is no error.
grep -oE '[a-z]+' || [ $? -eq 1 ]
