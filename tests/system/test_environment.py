"""Programs have the environment of their worker, and what ``--env`` adds to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pools import OurPool
from tests.system.jobs import Job, failed, replayed, succeeded
from tests.system.test_orders import remove_kept

#: Writes a variable of the worker, two of the job, and whatever else should not be there.
SHOW = """\
#!/bin/sh
cat > /dev/null
echo "worker=$OF_THE_WORKER odd=$ODD here=$HERE stray=$STRAY" "$@"
"""
FAIL = '#!/bin/sh\ncat > /dev/null\necho "odd=$ODD" >&2\nexit 3\n'
ODD = "two  words, a 'quote' and $HOME"
OPTIONS = (f"--env=ODD={ODD}", "--env=HERE")
CALLER = {"HERE": "from here", "STRAY": "x"}


def workers_of(pool: OurPool, where: str) -> list[str]:
    return pool.urls if where == "pool" else [where]


@pytest.mark.parametrize("where", ["pool", "embedded"])
def test_the_rule_is_the_same_everywhere(pool: OurPool, job: Job, where: str):
    """All of a caller's environment comes only with the workers that it starts."""
    job.inputs(b"a\n")
    script = job.script("show.sh", SHOW)
    reducer = job.script("keep.sh", SHOW.replace("cat > /dev/null", "cat"))
    done = job.run(
        workers_of(pool, where), *OPTIONS, mapper=f"{script} map", reducer=reducer, env=CALLER
    )
    succeeded(done)
    stray = "" if where == "pool" else "x"
    line = f"worker= odd={ODD} here=from here stray={stray}"
    assert job.outputs() == [f"{line} map\t\n{line}\n".encode()]


@pytest.mark.parametrize("kept", [False, True], ids=["shown", "kept"])
@pytest.mark.parametrize("program", ["mapper", "combiner", "partitioner", "reducer"])
def test_a_replay_has_the_environment(pool: OurPool, job: Job, program: str, kept: bool):
    job.inputs(b"a\n")
    script = job.script("fails.sh", FAIL)
    options = [*OPTIONS[:1], "--maxAttempts=1"]
    options += ["--keepFailedTaskFiles"] if kept else []
    if program in ("combiner", "partitioner"):
        options.append(f"--{program}Path={script}")
    mapper, reducer = (script if program == one else "cat" for one in ("mapper", "reducer"))
    done = job.run(pool.urls, *options, mapper=mapper, reducer=reducer, num_reducers=2)
    failed(done, 4, "ended with exit code 3")
    assert f"odd={ODD}\n" in replayed(done).stderr
    if kept:
        remove_kept(done.stderr)


def test_a_program_is_looked_up_where_the_job_says(pool: OurPool, job: Job, tmp_path: Path):
    job.inputs(b"a\n")
    program = tmp_path / "only-there"
    program.write_text("#!/bin/sh\nexec sed s/a/b/\n")
    program.chmod(0o755)
    found = f"--env=PATH={tmp_path}:/usr/bin:/bin"
    succeeded(job.run(pool.urls, found, mapper="only-there"))
    assert job.outputs() == [b"b\t\n"]
    failed(job.run(pool.urls, mapper="only-there"), 3, "no such program: only-there")


def test_a_safe_path_of_python(job: Job) -> None:
    """With PYTHONSAFEPATH, which pipx sets, Python does not look beside the file that it starts."""
    job.inputs(b"a\n")
    succeeded(job.run(["embedded"], mapper="cat", reducer="cat", env={"PYTHONSAFEPATH": "1"}))
    assert job.outputs() == [b"a\t\n"]
