"""The command lines of the jobs, and the checks of how a command ended."""

from __future__ import annotations

from collections.abc import Sequence

from tests.anywhere.places import Ended, Place


def job_options(place: Place, *more: str, mapper: str = "mapper.sh") -> Sequence[str]:
    """The coordinator's options of the job of a place."""
    return (
        f"--mapperPath={_quoted(place.path(mapper))}",
        f"--reducerPath={_quoted(place.path('reducer.sh'))}",
        f"--jobPath={place.path('in')}",
        "--numReducers=1",
        *more,
    )


def _quoted(path: str) -> str:
    return "'" + path.replace("'", "'\\''") + "'"


def check_plain_end(place: Place, done: Ended, code: int = 0, *, tells: bool = True) -> None:
    """Fail unless *done* ended with *code*, without a traceback.

    With *tells* it must also have told what the condition wants to be told.
    """
    assert done.code == code, done.told
    assert b"Traceback" not in done.stderr, done.told
    if tells and not place.condition.silent:
        assert place.condition.told in done.stderr, done.told


def streaming_options(place: Place, *, mapper: str = "mapper.sh") -> Sequence[str]:
    """The words of the job of a place behind ``hadoop``."""
    files = [word for name in (mapper, "reducer.sh") for word in ("-file", place.path(name))]
    paths = ("-input", place.path("in"), "-output", place.path("out"))
    programs = ("-mapper", f"./{mapper}", "-reducer", "./reducer.sh")
    return ("jar", "hadoop-streaming.jar", *paths, *programs, *files)
