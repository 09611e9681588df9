#!/bin/sh
# A mapper that waits for something outside.
sleep 0.4
exec cat
