"""The options of all Hadoop clients, at the front of a command line [GenericOptionsParser]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from hadoopless.filesystem.paths import FileSystems
from hadoopless.streaming.exits import StreamingExit, or_crash
from hadoopless.streaming.notices import Notice, warning
from hadoopless.streaming.options.command_line import BadWords, Words, leading_options
from hadoopless.streaming.options.usage import GENERIC_SYNTAX
from hadoopless.streaming.properties import conf_file
from hadoopless.streaming.properties.configuration import Configuration
from hadoopless.streaming.request import Shipped
from hadoopless.streaming.shipping.named import check_token_file, listed, listed_jars

#: Their names, and how many values each takes.
GENERIC = dict.fromkeys(
    ("fs", "jt", "conf", "D", "libjars", "files", "archives", "tokenCacheFile"), 1
)


class GenericOptions(Struct, frozen=True):
    """The values of the generic options, and the words behind them."""

    configuration: Configuration
    file_systems: FileSystems
    files: tuple[Shipped, ...] = ()
    archives: tuple[Shipped, ...] = ()
    jars: tuple[Shipped, ...] = ()
    rest: tuple[str, ...] = ()
    stdout: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()


def parse_generic(words: Sequence[str], environ: Mapping[str, str], cwd: str) -> GenericOptions:
    """Reads the generic options at the front of *words*; raises StreamingExit."""
    configuration = Configuration(environ, cwd)
    try:
        options = leading_options(GENERIC, words)
    except BadWords as problem:
        # Hadoop goes on as if there were no words at all, and misses its first required option.
        notice = warning(f"options parsing failed: {problem}", "util.GenericOptionsParser")
        file_systems = FileSystems(environ, cwd)
        return GenericOptions(configuration, file_systems, stdout=GENERIC_SYNTAX, notices=(notice,))
    notices: list[Notice] = []
    try:
        _set_properties(configuration, options, FileSystems(environ, cwd), notices)
        file_systems = file_systems_of(configuration, environ, cwd)
        jars = listed_jars(file_systems, options.first("libjars"), notices)
        files = listed(file_systems, options.first("files"))
        archives = listed(file_systems, options.first("archives"))
        check_token_file(file_systems, options.first("tokenCacheFile"))
        return GenericOptions(
            configuration,
            file_systems,
            files=files,
            archives=archives,
            jars=jars,
            rest=tuple(options.rest),
            notices=tuple(notices),
        )
    except StreamingExit as end:
        raise end.after((), tuple(notices)) from end


def file_systems_of(
    configuration: Configuration, environ: Mapping[str, str], cwd: str
) -> FileSystems:
    """The files as the job sees them; raises StreamingExit for an unknown kind of file system."""
    default = configuration.get("fs.defaultFS")
    if default == "local":
        default = "file:///"
    elif default and ":/" not in default:
        default = f"hdfs://{default}"
    return or_crash(
        lambda: FileSystems(environ, cwd, default, knows_real=True), "java.io.IOException"
    )


def _set_properties(
    configuration: Configuration, options: Words, local: FileSystems, notices: list[Notice]
) -> None:
    """-fs and -jt, then the files of -conf, then -D, wherever they stand."""
    file_system, tracker = options.first("fs"), options.first("jt")
    if file_system is not None:
        configuration.set("fs.defaultFS", file_system)
    if tracker is not None:
        if tracker.lower() == "local":
            configuration.set("mapreduce.framework.name", tracker)
        configuration.set("yarn.resourcemanager.address", tracker)
    for path in options.all("conf"):
        file = or_crash(lambda path=path: local.local_place(path).file)  # type: ignore[misc]
        notices += conf_file.load(configuration, file, path)
    for word in options.all("D"):
        name, equals, value = word.partition("=")
        if equals:
            configuration.set(name, value)
        elif name:
            text = f"-D {word} sets nothing: it has no =; write it as -D {word}=VALUE"
            notices.append(warning(text, "util.GenericOptionsParser"))
    configuration.set("mapreduce.client.genericoptionsparser.used", "true")
