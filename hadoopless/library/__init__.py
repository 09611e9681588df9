"""Hadoop's ready-made mappers, combiners and reducers, as programs that stand alone.

:mod:`hadoopless.library.run` is the program; it loads the other modules. Each task starts it anew,
so these modules import little, and only from the standard library and ``hadoopless.java``.
"""
