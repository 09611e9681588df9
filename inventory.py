"""The URL of each worker: one process, one port, any kind of request.

``python3 workers.py`` starts those of this machine; ``coordinator.py`` runs jobs on all of them.
For one run, ``MAPREDUCE_WORKERS=URL,URL`` in the environment takes the place of this list;
``MAPREDUCE_WORKERS=embedded`` lets a job start workers of its own.
"""

WORKER_0 = "http://127.0.0.1:8701"
WORKER_1 = "http://127.0.0.1:8702"
WORKER_2 = "http://127.0.0.1:8703"
WORKER_3 = "http://127.0.0.1:8704"
