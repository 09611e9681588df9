"""The plan of the house: which package of ``hadoopless`` may import which others.

``tests/test_structure.py`` checks that the code keeps to it, ``tools/diagrams.py`` draws it.
"""

from __future__ import annotations

WORDS = {"job", "failure", "errors", "rules", "hadoop_names", "hadoop_counters"}
BASE = WORDS | {"sizes", "codecs", "visible", "entry", "installation", "hdfs"}

#: Each room at the top (a module or package of ``hadoopless``) and the rooms that it may import:
#: only those above it. The worker and the coordinator meet on the wire alone.
ROOMS: dict[str, set[str]] = {
    "installation": set(),
    "rules": set(),
    "job": {"rules"},
    "failure": set(),
    "errors": {"failure"},
    "faults": set(),
    "hadoop_names": {"job", "rules"},
    "hadoop_counters": set(),
    "sizes": {"errors"},
    "visible": set(),
    "descriptors": set(),
    "threads": set(),
    "forks": set(),
    "codecs": {"errors", "faults"},
    "entry": {"errors", "sizes", "visible", "installation"},
    "hdfs": {"errors", "job"},
    "java": set(),
    "library": {"java"},
    "by_hand": {"job", "rules", "codecs", "hdfs"},
    "scheduler": WORDS,
    "history": WORDS | {"forks", "sizes", "by_hand", "scheduler"},
    "wire": WORDS | {"sizes"},
    "data": BASE | {"faults", "descriptors", "threads", "wire", "java"},
    "ui": WORDS | {"sizes", "visible", "scheduler"},
    "worker": BASE | {"faults", "descriptors", "threads", "by_hand", "wire", "data", "ui"},
    "coordinator": BASE
    | {"descriptors", "forks", "threads", "by_hand", "wire", "data", "scheduler", "history", "ui"},
    "filesystem": BASE,
    "streaming": BASE
    | {"by_hand", "java", "wire", "data", "scheduler", "ui", "coordinator", "filesystem"}
    | {"history"},
    "engines": BASE
    | {"wire", "data", "scheduler", "history", "ui", "worker", "coordinator", "filesystem"}
    | {"streaming"},
    "jobs": {"job", "errors", "ui", "wire", "coordinator"},
    "hadoop_commands": {"entry", "errors", "visible", "filesystem", "streaming"},
    "doctor": BASE | {"installation", "wire", "data", "coordinator"},
    "page": BASE | {"history", "wire"},
    "commands": BASE
    | {"ui", "wire", "history", "coordinator", "worker", "hadoop_commands", "doctor", "page"},
    "__main__": {"commands", "entry"},
}

#: The floors of a package that has rooms of its own, the lowest first. A room (a sub-package, or a
#: module beside one) imports no room of a higher floor.
FLOORS: dict[str, list[set[str]]] = {
    "data": [
        {"machine"},
        {"record", "input", "runs", "program"},
        {"sort", "merge", "output"},
        {"shuffle"},
    ],
    "worker": [
        {"border", "idle", "permits", "revoked", "services", "tally"},
        {"tasks"},
        {"control", "handlers", "metrics", "session", "join", "server"},
        {"pool", "options", "loading"},
        {"main"},
    ],
    "history": [
        {"profile"},
        {"events", "store"},
        {"course"},
        {"reading", "slot_time", "options", "words", "layout"},
        {"waits", "replay"},
        {"losses"},
        {"verdict", "what_if"},
    ],
    "coordinator": [
        {
            *("loop", "journal_file", "journal", "ledger", "submitted", "hdfs_outputs"),
            *("planning", "attempts", "waiting", "recorder", "metrics", "processors"),
        },
        {"running", "metrics_server"},
        {"push", "pull"},
        {"options", "results"},
        {"whole_job"},
        {"main"},
    ],
    "doctor": [
        {"findings"},
        {"machine", "workers", "programs"},
        {"options"},
        {"main"},
    ],
    "page": [
        {"columns", "numbers", "failures", "thinning", "options"},
        {"sheet", "figures", "report_options"},
        {"html", "perfetto", "csv_file"},
        {"feed", "jobs", "entrance"},
        {"hub"},
        {"handlers"},
        {"server"},
        {"main", "report"},
    ],
    "commands": [
        {"telling"},
        {"config", "status", "version", "completion", "history", "logs", "explain"},
        {"table"},
        {"main"},
    ],
    "streaming": [
        {"notices", "log", "exits"},
        {"properties"},
        {"request"},
        {"shipping", "classes"},
        {"options", "rules", "inputs", "client", "hints"},
        {"planning", "typed_dump"},
        {"main"},
    ],
    "engines": [{"hadoop", "spark"}],
}
