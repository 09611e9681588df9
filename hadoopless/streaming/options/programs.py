"""The options that name programs: -mapper, -combiner, -reducer, -numReduceTasks, -partitioner."""

from __future__ import annotations

import os
from urllib.parse import quote_plus

from hadoopless.java.values import parse_int
from hadoopless.streaming.classes import chosen, formats
from hadoopless.streaming.exits import failure
from hadoopless.streaming.notices import error
from hadoopless.streaming.options.draft import Draft
from hadoopless.streaming.request import CommandOrClass

#: Option -> the property for its class, and the one that tells programs its command.
_PROPERTIES = {
    "mapper": ("mapred.mapper.class", "stream.map.streamprocessor"),
    "combiner": ("mapred.combiner.class", "stream.combine.streamprocessor"),
    "reducer": ("mapred.reducer.class", "stream.reduce.streamprocessor"),
}


def find_commands(draft: Draft) -> None:
    """The commands as typed, those of programs that -file ships by their base names."""
    draft.tell("addTaskEnvironment=" + " ".join(draft.cmdenv))
    draft.tell(f"shippedCanonFiles_=[{', '.join(sorted(draft.bundled_paths))}]")
    for option in _PROPERTIES:
        command = draft.options.first(option)
        if command is not None:
            prog, space, arguments = command.partition(" ")
            real = os.path.realpath(os.path.join(draft.cwd, prog))
            draft.tell(f"shipped: {str(real in draft.bundled_paths).lower()} {real}")
            if real in draft.bundled_paths:
                command = os.path.basename(prog) + (space + arguments if arguments else "")
        draft.tell(f"cmd={'null' if command is None else command}")
        draft.commands[option] = command


def find_programs(draft: Draft) -> None:
    """The programs and classes that commands and properties name; only a mapper without reduces."""
    draft.mapper = _program(draft, "mapper")
    combiner = _program(draft, "combiner")
    _count_reduces(draft)
    if not draft.num_reduces:
        return
    if (draft.commands["reducer"] or "").lower() == "aggregate":
        draft.combiner = CommandOrClass("aggregate", formats.AGGREGATE_COMBINER)
        draft.reducer = CommandOrClass("aggregate", formats.AGGREGATE_REDUCER)
    else:
        draft.combiner = combiner
        draft.reducer = _program(draft, "reducer")


def _program(draft: Draft, option: str) -> CommandOrClass | None:
    command = draft.commands[option]
    class_property, command_property = _PROPERTIES[option]
    if command is None:
        # In Java, too, nothing but the options decides between classes and commands.
        return chosen.configured_program(draft.configuration, class_property)
    if not command and option != "mapper":
        # On its way to the tasks it is lost; PipeReducer without a command passes all on.
        return CommandOrClass(command, formats.IDENTITY_REDUCER)
    found = chosen.program(command)
    if found.java_class is None:
        encoded = quote_plus(command, safe="*", errors="surrogateescape")
        draft.configuration.set(command_property, encoded)
    return found


def _count_reduces(draft: Draft) -> None:
    text = draft.options.first("numReduceTasks")
    if text is not None:
        try:
            draft.configuration.set("mapreduce.job.reduces", str(parse_int(text)))
        except ValueError as problem:
            raise failure(error(f"-numReduceTasks: {problem}")) from problem
    if draft.commands["reducer"] == "NONE":
        draft.configuration.set("mapreduce.job.reduces", "0")
    draft.num_reduces = draft.configuration.get_int("mapreduce.job.reduces")
    if draft.num_reduces < 0:
        raise failure(error(f"There cannot be {draft.num_reduces} reduces"))


def find_partitioner(draft: Draft) -> None:
    """The class or the program of -partitioner, or else the class that a property names."""
    word = draft.options.first("partitioner")
    name = "mapred.partitioner.class"
    if word is None:
        draft.partitioner = chosen.configured_program(draft.configuration, name)
        return
    shipped = {one.name for one in (*draft.files, *draft.bundled)}
    draft.partitioner = chosen.partitioner(word, draft.cwd, shipped)
    draft.configuration.set(name, draft.partitioner.java_class or word)
