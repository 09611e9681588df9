# Read by the launchers beside it, with $self the path of one of them: starts Python.
# Nothing is exported: what is set here must not reach the programs of users.
here=${self%/*}
if [ -n "$MAPREDUCE_PYTHON" ]; then
    python=$MAPREDUCE_PYTHON
elif [ -x "$here/../.venv/bin/python" ]; then
    python=$here/../.venv/bin/python
else
    python=python3
fi
exec "$python" "$here/launch.py" "${self##*/}" "$@"
