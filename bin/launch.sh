# Read by the launchers beside it, with $_mr_self the path of one of them: starts Python.
# Nothing is exported, and no common name is set: an exported one of the user would change.
_mr_here=${_mr_self%/*}
if [ -n "$MAPREDUCE_PYTHON" ]; then
    _mr_python=$MAPREDUCE_PYTHON
elif [ -x "$_mr_here/../.venv/bin/python" ]; then
    _mr_python=$_mr_here/../.venv/bin/python
elif [ -f "$_mr_here/../../installation.py" ] && [ -x "$_mr_here/../../../../../../bin/python3" ]
then
    # pip has put this into PREFIX/lib/python3.11/site-packages/hadoopless/home/bin.
    # By -P, because HADOOP_HOME may be a link to that home, from where .. would lead elsewhere.
    _mr_python=$(cd -P "$_mr_here/../../../../../../bin" && pwd)/python3
else
    _mr_python=python3
fi
exec "$_mr_python" "$_mr_here/launch.py" "${_mr_self##*/}" "$@"
