"""The options of a streaming job, from words to a checked Request [StreamJob].

Everything is checked in Hadoop's order and refused in its words. Nothing is run, and of all files
only those are looked at that go with the job.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from urllib.parse import quote_plus

from hadoopless.errors import MapReduceError
from hadoopless.filesystem.paths import BadPath
from hadoopless.java.values import parse_int, split, split_paths
from hadoopless.streaming.classes import chosen, formats
from hadoopless.streaming.exits import StreamingExit, crash, failure, refusal
from hadoopless.streaming.notices import Notice, error, warning
from hadoopless.streaming.options import usage
from hadoopless.streaming.options.command_line import Words
from hadoopless.streaming.options.generic import GenericOptions, file_systems_of, parse_generic
from hadoopless.streaming.options.stream_words import read_options
from hadoopless.streaming.properties import conf_file
from hadoopless.streaming.properties.configuration import Configuration
from hadoopless.streaming.request import CommandOrClass, Request, Shipped
from hadoopless.streaming.shipping.shipping import cached, configured, or_crash, single_files

#: The forms of pairs at all places where they pass between the road and a program.
_PIPES = ("stream.map.input", "stream.map.output", "stream.reduce.input", "stream.reduce.output")
#: Option of a program -> the property for its class, and the one that tells its command.
_PROGRAMS = {
    "mapper": ("mapred.mapper.class", "stream.map.streamprocessor"),
    "combiner": ("mapred.combiner.class", "stream.combine.streamprocessor"),
    "reducer": ("mapred.reducer.class", "stream.reduce.streamprocessor"),
}
#: A user's own words may stand for the star.
_READER_PARAMETER = "stream.recordreader.*"

#: The tools that share the jar with streaming jobs.
TOOLS = ("dumptb", "loadtb", "streamjob")


def tool_of(words: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Which of TOOLS *words* ask for, and the words for it; raises StreamingExit for none."""
    if not words:
        # No "Streaming Command Failed!" here: Hadoop has no command yet that could.
        raise StreamingExit(1, usage.TOOLS, (Notice("No Arguments Given!"),))
    if words[0].lower() in TOOLS:
        return words[0].lower(), tuple(words[1:])
    return "streamjob", tuple(words)


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
    job = _Job(generic, options, environ, cwd)
    try:
        return job.request()
    except StreamingExit as end:
        raise end.after(tuple(job.stdout), tuple(job.notices)) from end


class _Job:
    """One command line on its way to a request; each method is a station, called in order."""

    def __init__(
        self,
        generic: GenericOptions,
        options: Words,
        environ: Mapping[str, str],
        cwd: str,
    ) -> None:
        self.environ = environ
        self.cwd = cwd
        self.options = options
        self.configuration: Configuration = generic.configuration
        self.file_systems = generic.file_systems
        self.files = list(generic.files)
        self.archives = list(generic.archives)
        self.jars = generic.jars
        self.stdout = list(generic.stdout)
        self.notices = list(generic.notices)
        #: The files of -file that programs may name by their paths.
        self.bundled: set[str] = set()
        self.bundled_files: tuple[Shipped, ...] = ()
        #: As Hadoop names the jar of a job, and after it the job.
        self.jar_name = f"streamjob{int.from_bytes(os.urandom(8)) >> 1}.jar"
        self.environment = ["HADOOP_ROOT_LOGGER="]
        self.output = ""
        self.commands: dict[str, str | None] = {}
        self.programs: dict[str, CommandOrClass | None] = {}
        self.num_reduces = 1
        self.reader: str | None = None
        self.reader_options: tuple[tuple[str, str], ...] = ()
        self.input_format = formats.TEXT_INPUT
        self.output_format = formats.TEXT_OUTPUT
        self.partitioner: CommandOrClass | None = None

    def request(self) -> Request:
        self.bundle_files()
        self.apply_deprecated()
        self.require_paths()
        self.find_commands()
        self.add_conf_file()
        self.set_inputs()
        self.find_input_format()
        self.find_programs()
        self.find_reader()
        self.set_output()
        self.find_partitioner()
        self.add_cached()
        self.set_the_rest()
        return Request(
            configuration=self.configuration,
            file_systems=self.file_systems,
            inputs=tuple(self.options.all("input")),
            output=self.output,
            mapper=self.programs["mapper"],
            combiner=self.programs["combiner"],
            reducer=self.programs["reducer"],
            num_reduces=self.num_reduces,
            partitioner=self.partitioner,
            input_format=self.input_format,
            output_format=self.output_format,
            input_reader=self.reader,
            reader_options=self.reader_options,
            files=tuple(self.files),
            bundled=self.bundled_files,
            archives=tuple(self.archives),
            jars=self.jars,
            cmdenv=_pairs(self.configuration.expanded(" ".join(self.environment))),
            background="background" in self.options,
            verbose="verbose" in self.options,
            debug="debug" in self.options,
            lazy_output="lazyOutput" in self.options,
            stdout=tuple(self.stdout),
            notices=tuple(self.notices),
        )

    def bundle_files(self) -> None:
        words = self.options.all("file")
        if not words:
            return
        self.warn_deprecated("file", "generic option -files")
        self.bundled_files = single_files(self.file_systems, words)
        self.bundled = {
            os.path.realpath(one.path) for one in self.bundled_files if os.path.isfile(one.path)
        }

    def apply_deprecated(self) -> None:
        """-dfs and -jobconf, which are as strong as -D and later; -cmdenv, which is not."""
        file_system = self.options.first("dfs")
        if file_system is not None:
            self.warn_deprecated("dfs", "-fs")
            self.configuration.set("fs.default.name", file_system)
            self.file_systems = file_systems_of(self.configuration, self.environ, self.cwd)
        if "cacheArchive" in self.options:
            self.warn_deprecated("cacheArchive", "-archives")
        if "cacheFile" in self.options:
            self.warn_deprecated("cacheFile", "-files")
        if "jobconf" in self.options:
            self.warn_deprecated("jobconf", "-D")
        for word in self.options.all("jobconf"):
            name, equals, value = word.partition("=")
            if not equals:
                raise crash(
                    "java.lang.ArrayIndexOutOfBoundsException: "
                    f"Index 1 out of bounds for length 1 (-jobconf {word} has no =)"
                )
            self.configuration.set(name, value)
        self.environment += self.options.all("cmdenv")

    def require_paths(self) -> None:
        if not self.options.all("input"):
            raise refusal("Required argument: -input <name>")
        output = self.options.first("output")
        if output is None:
            raise refusal("Required argument: -output ")
        self.output = output

    def find_commands(self) -> None:
        """The programs as typed, those that -file ships by their base names."""
        self.tell("addTaskEnvironment=" + " ".join(self.environment))
        self.tell(f"shippedCanonFiles_=[{', '.join(sorted(self.bundled))}]")
        for kind in ("mapper", "combiner", "reducer"):
            command = self.options.first(kind)
            if command is not None:
                prog, space, arguments = command.partition(" ")
                real = os.path.realpath(os.path.join(self.cwd, prog))
                self.tell(f"shipped: {str(real in self.bundled).lower()} {real}")
                if real in self.bundled:
                    command = os.path.basename(prog) + (space + arguments if arguments else "")
            self.tell(f"cmd={'null' if command is None else command}")
            self.commands[kind] = command

    def add_conf_file(self) -> None:
        path = self.options.first("additionalconfspec")
        if path is not None:
            self.warn_deprecated("additionalconfspec", "-conf")
            place = or_crash(lambda: self.file_systems.local_place(path))
            self.notices += conf_file.load(self.configuration, place.file, path)

    def set_inputs(self) -> None:
        before = self.configuration.get("mapreduce.input.fileinputformat.inputdir")
        words = [before] if before else []
        for one in self.options.all("input"):
            words += [self.qualified(path) for path in split_paths(one)]
        self.configuration.set("mapreduce.input.fileinputformat.inputdir", ",".join(words))

    def find_input_format(self) -> None:
        self.input_format = chosen.input_format(
            self.options.first("inputformat"), "inputreader" in self.options
        )
        self.configuration.set("mapred.input.format.class", self.input_format)
        identifier = self.options.first("io")
        if identifier is not None:
            for pipe in _PIPES:
                self.configuration.set(pipe, identifier)
        self.configuration.set("stream.addenvironment", " ".join(self.environment))

    def find_programs(self) -> None:
        mapper = self.program("mapper")
        combiner = self.program("combiner")
        self.count_reduces()
        reducer = None
        if self.num_reduces:
            if (self.commands["reducer"] or "").lower() == "aggregate":
                reducer = CommandOrClass("aggregate", formats.AGGREGATE_REDUCER)
                combiner = CommandOrClass("aggregate", formats.AGGREGATE_COMBINER)
            else:
                reducer = self.program("reducer")
        else:
            combiner = None
        self.programs = {"mapper": mapper, "combiner": combiner, "reducer": reducer}

    def program(self, kind: str) -> CommandOrClass | None:
        command = self.commands[kind]
        class_property, command_property = _PROGRAMS[kind]
        if command is None:
            # As in Java, where nothing but the options decides between classes and commands.
            return chosen.configured_program(self.configuration, class_property)
        if not command and kind != "mapper":
            # On its way to the tasks it is lost; PipeReducer without a command passes all on.
            return CommandOrClass(command, formats.IDENTITY_REDUCER)
        found = chosen.program(command)
        if found.java_class is None:
            encoded = quote_plus(command, safe="*", errors="surrogateescape")
            self.configuration.set(command_property, encoded)
        return found

    def count_reduces(self) -> None:
        text = self.options.first("numReduceTasks")
        if text is not None:
            try:
                self.configuration.set("mapreduce.job.reduces", str(parse_int(text)))
            except ValueError as problem:
                raise failure(error(f"-numReduceTasks: {problem}")) from problem
        if self.commands["reducer"] == "NONE":
            self.configuration.set("mapreduce.job.reduces", "0")
        self.num_reduces = self.configuration.get_int("mapreduce.job.reduces")
        if self.num_reduces < 0:
            raise failure(error(f"There cannot be {self.num_reduces} reduces"))

    def find_reader(self) -> None:
        spec = self.options.first("inputreader")
        if spec is None:
            return
        name, *parameters = split(spec, ",") or [""]
        self.reader = chosen.input_reader(name)
        self.configuration.set("stream.recordreader.class", self.reader)
        pairs = [parameter.partition("=") for parameter in parameters]
        self.reader_options = tuple((key, value) for key, _, value in pairs)
        for key, value in self.reader_options:
            self.configuration.set(_READER_PARAMETER.replace("*", key), value)

    def set_output(self) -> None:
        output = self.qualified(self.output)
        self.configuration.set("mapreduce.output.fileoutputformat.outputdir", output)
        self.output = self.configuration.expanded(self.output)
        self.output_format = chosen.output_format(self.options.first("outputformat"))
        if "lazyOutput" in self.options:
            key = "mapreduce.output.lazyoutputformat.outputformat"
            self.configuration.set(key, self.output_format)
            self.configuration.set("mapred.output.format.class", formats.LAZY_OUTPUT)
        else:
            self.configuration.set("mapred.output.format.class", self.output_format)

    def find_partitioner(self) -> None:
        word, key = self.options.first("partitioner"), "mapred.partitioner.class"
        if word is None:
            self.partitioner = chosen.configured_program(self.configuration, key)
            return
        shipped = {one.name for one in (*self.files, *self.bundled_files)}
        self.partitioner = chosen.partitioner(word, self.cwd, shipped)
        self.configuration.set(key, self.partitioner.java_class or word)

    def add_cached(self) -> None:
        for option, name in (
            ("mapdebug", "mapreduce.map.debug.script"),
            ("reducedebug", "mapreduce.reduce.debug.script"),
        ):
            script = self.options.first(option)
            if script is not None:
                self.configuration.set(name, script)
        if "file" in self.options:
            bundled = ", ".join(self.options.all("file"))
            self.stdout.append(f"packageJobJar: [{bundled}] [] /tmp/{self.jar_name} tmpDir=null")
        files, archives = self.options.all("cacheFile"), self.options.all("cacheArchive")
        given = cached(self.file_systems, files, archives)
        for name, words, named, shipped in (
            ("mapreduce.job.cache.files", files, given[0], self.files),
            ("mapreduce.job.cache.archives", archives, given[1], self.archives),
        ):
            # The options take the place of what a property says.
            text = self.configuration.get(name)
            shipped.extend(named if words else configured(self.file_systems, text))

    def set_the_rest(self) -> None:
        self.configuration.set_if_unset("mapreduce.job.name", self.jar_name)
        self.configuration.set_if_unset("mapreduce.job.working.dir", f"file:{self.cwd}")
        self.configuration.set_if_unset("mapreduce.job.user.name", self.file_systems.user)
        for name, shipped in (
            ("mapreduce.job.cache.files", self.files),
            ("mapreduce.job.cache.archives", self.archives),
        ):
            if shipped:
                uris = ",".join(f"file:{one.path}#{one.name}" for one in shipped)
                self.configuration.set(name, uris)
        if self.files:
            paths = ",".join(one.path for one in self.files)
            self.configuration.set("mapreduce.job.cache.local.files", paths)
        if "verbose" in self.options:
            self.tell("==== JobConf properties:")
            for name in self.configuration.names():
                self.tell(f"{name}={self.configuration.get_raw(name)}")
            self.tell("====")

    def qualified(self, path: str) -> str:
        try:
            return self.file_systems.qualified(path)
        except BadPath as problem:
            raise failure(error(str(problem))) from problem
        except MapReduceError:
            # Who opens it will say so.
            return path

    def tell(self, text: str) -> None:
        if "verbose" in self.options:
            self.stdout.append(f"STREAM: {text}")

    def warn_deprecated(self, option: str, instead: str) -> None:
        text = f"-{option} option is deprecated, please use {instead} instead."
        self.notices.append(warning(text))


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """``a=b c=d`` as pairs, so that a value ends at its first blank, as with Hadoop."""
    found = (word.partition("=") for word in split(text, " "))
    return tuple((name, value) for name, equals, value in found if equals)
