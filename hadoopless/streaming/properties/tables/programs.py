"""Properties of users' programs: how pairs reach them, how they run, what they are told."""

from __future__ import annotations

from hadoopless.streaming.properties.property import Property

_PAIRS = "streaming/rules/pairs.py"
_RULES = "streaming/rules/rules.py"
_OPTIONS = "streaming/options/job.py"
_COMMANDS = "streaming/options/programs.py"
_ENVIRONMENT = "streaming/rules/environment.py"
_TASK = "data/program/environment.py"
_FIELDS = "library/fields.py"
_TYPES = "streaming/classes/types.py"

PAIRS = (
    Property(
        "stream.map.input",
        "text",
        _PAIRS,
        "The form in which the mapper reads pairs: `text`, `keyonlytext`, `rawbytes` or"
        " `typedbytes`. `-io` sets all four of these.",
    ),
    Property("stream.map.output", "text", _PAIRS, "The form in which the mapper writes pairs."),
    Property(
        "stream.reduce.input",
        "text",
        _PAIRS,
        "The form in which reducer and combiner read.",
    ),
    Property(
        "stream.reduce.output",
        "text",
        _PAIRS,
        "The form in which reducer and combiner write.",
    ),
    Property(
        "stream.map.input.field.separator",
        "\t",
        _PAIRS,
        "What stands between key and value for the mapper.",
    ),
    Property(
        "stream.map.output.field.separator",
        "\t",
        _PAIRS,
        "What ends a field in the lines of the mapper.",
    ),
    Property(
        "stream.reduce.input.field.separator",
        "\t",
        _PAIRS,
        "What stands between key and value for the reducer and the combiner.",
    ),
    Property(
        "stream.reduce.output.field.separator",
        "\t",
        _PAIRS,
        "What ends a field in the lines of the reducer and the combiner.",
    ),
    Property(
        "stream.num.map.output.key.fields",
        "1",
        _PAIRS,
        "The number of fields of the mapper's lines that are the key.",
    ),
    Property(
        "stream.num.reduce.output.key.fields",
        "1",
        _PAIRS,
        "The number of fields of the reducer's lines that are the key.",
    ),
)

RUNNING = (
    Property(
        "stream.non.zero.exit.is.failure",
        "true",
        _RULES,
        "Whether a program that ends with another status than 0 fails its task.",
    ),
    Property(
        "stream.minRecWrittenToEnableSkip_",
        "",
        _RULES,
        "Given: a mapper that ends well may leave input unread once it got so many records.",
    ),
    Property(
        "mapreduce.task.timeout",
        "600000",
        _RULES,
        "The milliseconds that a program may neither read nor write nor report; 0: no limit.",
        listed=True,
    ),
    Property(
        "stream.stderr.reporter.prefix",
        "reporter:",
        _RULES,
        "How lines on stderr begin that are counters or a status.",
    ),
    Property(
        "mapreduce.job.counters.max",
        "120",
        _RULES,
        "The most counters that a task, and a job, may have outside Hadoop's own groups.",
        listed=True,
    ),
    Property(
        "mapreduce.job.counters.groups.max",
        "50",
        _RULES,
        "The most groups of such counters.",
    ),
    Property(
        "mapreduce.job.counters.group.name.max",
        "128",
        _RULES,
        "The most characters of the name of a group; what is longer is cut off.",
    ),
    Property(
        "mapreduce.job.counters.counter.name.max",
        "64",
        _RULES,
        "The most characters of the name of a counter; what is longer is cut off.",
    ),
    Property(
        "mapreduce.task.files.preserve.failedtasks",
        "false",
        _RULES,
        "Whether the directory of a failed task is kept, with a script that runs its program"
        " again.",
    ),
    Property(
        "stream.jobconf.truncate.limit",
        "-1",
        "streaming/properties/configuration.py",
        "The most characters of a value in the environment of programs; below 0: no limit.",
    ),
)

CLASSES = (
    Property(
        "mapreduce.map.output.key.class",
        "",
        _TYPES,
        "The class of the keys that leave a mapper that is a class. Without it: that of the"
        " output.",
    ),
    Property(
        "mapreduce.map.output.value.class",
        "",
        _TYPES,
        "The class of the values that leave a mapper that is a class. Without it: that of the"
        " output.",
    ),
    Property(
        "mapreduce.job.output.key.class",
        "org.apache.hadoop.io.LongWritable",
        _TYPES,
        "The class of the keys that leave a reducer that is a class.",
    ),
    Property(
        "mapreduce.job.output.value.class",
        "org.apache.hadoop.io.Text",
        _TYPES,
        "The class of the values that leave a reducer that is a class.",
    ),
    Property(
        "mapreduce.mapper.regex",
        "",
        "library/matches.py",
        "RegexMapper: the regular expression whose matches are counted.",
    ),
    Property(
        "mapreduce.mapper.regexmapper..group",
        "0",
        "library/matches.py",
        "RegexMapper: the group of the expression that is the key.",
    ),
    Property(
        "mapreduce.fieldsel.data.field.separator",
        "\t",
        _FIELDS,
        "FieldSelectionMapReduce: what stands between fields.",
    ),
    Property(
        "mapreduce.fieldsel.map.output.key.value.fields.spec",
        "0-:",
        _FIELDS,
        "FieldSelectionMapReduce as the mapper: the fields of the key, then those of the value.",
    ),
    Property(
        "mapreduce.fieldsel.reduce.output.key.value.fields.spec",
        "0-:",
        _FIELDS,
        "FieldSelectionMapReduce as the reducer: the fields of the key, then those of the value.",
    ),
    Property(
        "aggregate.max.num.unique.values",
        "",
        "library/aggregate.py",
        "`aggregate`: UniqValueCount counts up to so many values.",
    ),
)

#: The client or the worker sets these, whatever a user gave.
TOLD = (
    Property(
        "mapreduce.job.name",
        "",
        _OPTIONS,
        "The name of the job; without one, that of a jar that Hadoop would make.",
    ),
    Property("mapreduce.job.user.name", "", _OPTIONS, "The user who started the job."),
    Property(
        "mapreduce.job.cache.local.files",
        "",
        "streaming/options/files.py",
        "The paths of the files that the job ships.",
    ),
    Property(
        "stream.addenvironment", "", "streaming/options/data.py", "The pairs of all `-cmdenv`."
    ),
    Property("stream.map.streamprocessor", "", _COMMANDS, "The mapper's command, as in a URL."),
    Property(
        "stream.combine.streamprocessor", "", _COMMANDS, "The combiner's command, as in a URL."
    ),
    Property("stream.reduce.streamprocessor", "", _COMMANDS, "The reducer's command, as in a URL."),
    Property(
        "mapred.map.runner.class",
        "",
        _ENVIRONMENT,
        "The class of Hadoop that runs a mapper which is a command.",
    ),
    Property(
        "mapreduce.job.cache.files.filesizes",
        "",
        _ENVIRONMENT,
        "The sizes of the files that the job ships.",
    ),
    Property(
        "mapreduce.job.cache.files.timestamps",
        "",
        _ENVIRONMENT,
        "The times (in milliseconds) of the files that the job ships.",
    ),
    Property(
        "mapreduce.job.cache.archives.filesizes",
        "",
        _ENVIRONMENT,
        "The sizes of the archives that the job ships.",
    ),
    Property(
        "mapreduce.job.cache.archives.timestamps",
        "",
        _ENVIRONMENT,
        "The times (in milliseconds) of the archives that the job ships.",
    ),
    Property(
        "mapreduce.job.submithostname",
        "",
        _ENVIRONMENT,
        "The name of the machine on which the job was started.",
    ),
    Property(
        "stream.map.input.writer.class",
        "",
        _ENVIRONMENT,
        "The class of Hadoop that writes what the mapper reads.",
    ),
    Property(
        "stream.map.output.reader.class",
        "",
        _ENVIRONMENT,
        "The class of Hadoop that reads what the mapper writes.",
    ),
    Property(
        "stream.reduce.input.writer.class",
        "",
        _ENVIRONMENT,
        "The class of Hadoop that writes what the reducer reads.",
    ),
    Property(
        "stream.reduce.output.reader.class",
        "",
        _ENVIRONMENT,
        "The class of Hadoop that reads what the reducer writes.",
    ),
    Property(
        "mapreduce.client.genericoptionsparser.used",
        "",
        "streaming/options/generic.py",
        "`true`.",
    ),
    Property("mapreduce.job.id", "", _TASK, "The id of the job: `job_1699000000000_0001`."),
    Property("mapreduce.task.id", "", _TASK, "The id of the task."),
    Property("mapreduce.task.attempt.id", "", _TASK, "The id of the attempt."),
    Property("mapreduce.task.partition", "", _TASK, "The number of the task, from 0 on."),
    Property("mapreduce.task.ismap", "", _TASK, "Whether the task is a map task."),
    Property(
        "mapreduce.task.output.dir",
        "",
        _TASK,
        "A directory whose files become files of the output when the task has succeeded; a URI.",
    ),
    Property("mapreduce.map.input.file", "", _TASK, "The input file of a map task; a URI."),
    Property("mapreduce.map.input.start", "", _TASK, "The first byte of the split."),
    Property("mapreduce.map.input.length", "", _TASK, "The number of bytes of the split."),
)
