#!/bin/sh
# Reduce side of the letters workload: each different line with the number of its copies.
exec uniq -c
