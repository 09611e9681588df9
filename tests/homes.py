"""A HOME for commands that have none."""

#: A HOME that is not there and that nobody can make. Root, who may write everywhere, would make a
#: directory of any other name, and commands of other accounts would meet it.
NO_HOME = "/dev/null"
