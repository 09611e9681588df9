#!/bin/sh
# Scripts for a cluster start and stop Hadoop's servers; there are none here.
echo "${0##*/}: there is nothing to start or stop, because jobs and files need no servers here" >&2
