"""Turns the words of a streaming job into a checked Request, station by station [StreamJob].

Everything is checked in Hadoop's order and refused in its words. Nothing is run, and of all files
only those are looked at that go with the job.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from hadoopless.streaming.exits import StreamingExit, crash, or_crash
from hadoopless.streaming.options.data import (
    find_input_format,
    find_reader,
    require_paths,
    set_inputs,
    set_output,
)
from hadoopless.streaming.options.draft import Draft
from hadoopless.streaming.options.files import add_cached, bundle_files, set_shipped, tell_jar
from hadoopless.streaming.options.generic import file_systems_of, parse_generic
from hadoopless.streaming.options.programs import find_commands, find_partitioner, find_programs
from hadoopless.streaming.options.stream_words import read_options
from hadoopless.streaming.properties import conf_file
from hadoopless.streaming.request import Request


def parse_request(
    words: Sequence[str],
    environ: Mapping[str, str] | None = None,
    cwd: str | None = None,
) -> Request:
    """The request behind the words of ``streamjob``; raises StreamingExit."""
    environ = os.environ if environ is None else environ
    cwd = os.getcwd() if cwd is None else cwd
    generic = parse_generic(words, environ, cwd)
    try:
        options = read_options(generic.rest)
    except StreamingExit as end:
        raise end.after(generic.stdout, generic.notices) from end
    draft = Draft.of(generic, options, environ, cwd)
    try:
        for station in _STATIONS:
            station(draft)
        return draft.request()
    except StreamingExit as end:
        raise end.after(tuple(draft.stdout), tuple(draft.notices)) from end


def _apply_deprecated(draft: Draft) -> None:
    """-dfs and -jobconf, which are as strong as -D and later; -cmdenv, which is not."""
    file_system = draft.options.first("dfs")
    if file_system is not None:
        draft.warn_deprecated("dfs", "-fs")
        draft.configuration.set("fs.default.name", file_system)
        draft.file_systems = file_systems_of(draft.configuration, draft.environ, draft.cwd)
    if "cacheArchive" in draft.options:
        draft.warn_deprecated("cacheArchive", "-archives")
    if "cacheFile" in draft.options:
        draft.warn_deprecated("cacheFile", "-files")
    if "jobconf" in draft.options:
        draft.warn_deprecated("jobconf", "-D")
    for word in draft.options.all("jobconf"):
        name, equals, value = word.partition("=")
        if not equals:
            raise crash(
                "java.lang.ArrayIndexOutOfBoundsException: "
                f"Index 1 out of bounds for length 1 (-jobconf {word} has no =)"
            )
        draft.configuration.set(name, value)
    draft.cmdenv += draft.options.all("cmdenv")


def _add_conf_file(draft: Draft) -> None:
    """The properties of -additionalconfspec, which are weaker than all others."""
    path = draft.options.first("additionalconfspec")
    if path is not None:
        draft.warn_deprecated("additionalconfspec", "-conf")
        place = or_crash(lambda: draft.file_systems.local_place(path))
        draft.notices += conf_file.load(draft.configuration, place.file, path)


def _set_debug_scripts(draft: Draft) -> None:
    """The scripts of -mapdebug and -reducedebug, which nobody runs here."""
    for option, name in (
        ("mapdebug", "mapreduce.map.debug.script"),
        ("reducedebug", "mapreduce.reduce.debug.script"),
    ):
        script = draft.options.first(option)
        if script is not None:
            draft.configuration.set(name, script)


def _name_job(draft: Draft) -> None:
    """The job's name, directory and user, unless properties say otherwise."""
    draft.configuration.set_if_unset("mapreduce.job.name", draft.jar_name)
    draft.configuration.set_if_unset("mapreduce.job.working.dir", f"file:{draft.cwd}")
    draft.configuration.set_if_unset("mapreduce.job.user.name", draft.file_systems.user)


def _tell_properties(draft: Draft) -> None:
    """Say all properties with -verbose."""
    if "verbose" in draft.options:
        draft.tell("==== JobConf properties:")
        for name in draft.configuration.names():
            draft.tell(f"{name}={draft.configuration.get_raw(name)}")
        draft.tell("====")


#: In Hadoop's order: of several errors the same one is told, and what is set later is stronger.
_STATIONS: tuple[Callable[[Draft], None], ...] = (
    bundle_files,
    _apply_deprecated,
    require_paths,
    find_commands,
    _add_conf_file,
    set_inputs,
    find_input_format,
    find_programs,
    find_reader,
    set_output,
    find_partitioner,
    _set_debug_scripts,
    tell_jar,
    add_cached,
    _name_job,
    set_shipped,
    _tell_properties,
)
