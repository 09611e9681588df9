"""Hadoop's ready-made mappers, combiners and reducers, as programs that stand alone.

:mod:`hadoopless.library.run` is the program. The rest is what it loads: of the standard library,
and as little of that as it needs, because each task starts it anew.
"""
