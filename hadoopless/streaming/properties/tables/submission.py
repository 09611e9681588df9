"""Properties that count when a job is put together: programs, files, attempts."""

from __future__ import annotations

from hadoopless.streaming.properties.property import Property

_PROGRAMS = "streaming/options/programs.py"
_DATA = "streaming/options/data.py"
_FILES = "streaming/options/files.py"
_CHECKS = "streaming/rules/rules.py"
_VALUES = "streaming/rules/refused_values.py"
_OTHER_API = "Refused, because it belongs to Hadoop's other API, which streaming jobs cannot use."

PROGRAMS = (
    Property(
        "mapred.mapper.class",
        "",
        _PROGRAMS,
        "The class of the mapper, unless `-mapper` names a program; without both, pairs pass"
        " unchanged.",
    ),
    Property(
        "mapred.combiner.class",
        "",
        _PROGRAMS,
        "The class of the combiner, unless `-combiner` names a program.",
    ),
    Property(
        "mapred.reducer.class",
        "",
        _PROGRAMS,
        "The class of the reducer, unless `-reducer` names a program; without both, pairs pass"
        " unchanged.",
    ),
    Property(
        "mapred.partitioner.class",
        "",
        _PROGRAMS,
        "The class of the partitioner, unless `-partitioner` names one.",
    ),
    Property(
        "mapred.input.format.class",
        "",
        _DATA,
        "Set from `-inputformat` and `-inputreader`; a value given with `-D` is replaced.",
    ),
    Property(
        "mapred.output.format.class",
        "",
        _DATA,
        "Set from `-outputformat` and `-lazyOutput`; a value given with `-D` is replaced.",
    ),
    Property(
        "mapreduce.job.reduces",
        "1",
        _PROGRAMS,
        "The number of reduce tasks; with 0, the output of the mappers is that of the job."
        " `-numReduceTasks` is stronger.",
        listed=True,
    ),
    Property("mapreduce.job.map.class", "", _CHECKS, _OTHER_API),
    Property("mapreduce.job.reduce.class", "", _CHECKS, _OTHER_API),
    Property("mapreduce.job.inputformat.class", "", _CHECKS, _OTHER_API),
    Property("mapreduce.job.outputformat.class", "", _CHECKS, _OTHER_API),
    Property("mapreduce.job.partitioner.class", "", _CHECKS, _OTHER_API),
    Property("mapred.mapper.new-api", "false", _VALUES, _OTHER_API),
    Property("mapred.reducer.new-api", "false", _VALUES, _OTHER_API),
)

FILES = (
    Property(
        "mapreduce.framework.name",
        "",
        "streaming/request.py",
        "`local`: programs find all files of the directory in which the job was started; `yarn`:"
        " only those that go with the job. Without it: `yarn` with `MAPREDUCE_FS_ROOT`, else"
        " `local`.",
    ),
    Property(
        "fs.defaultFS",
        "",
        "streaming/options/generic.py",
        "Where paths without a scheme lie: `file:///` or `hdfs://HOST:PORT`. Without it the"
        " environment decides (`MAPREDUCE_FS_ROOT`).",
    ),
    Property(
        "mapreduce.job.working.dir",
        "",
        "streaming/options/draft.py",
        "The directory of relative inputs and of a relative output. Without it: that in which the"
        " job was started.",
    ),
    Property(
        "mapreduce.job.cache.files",
        "",
        _FILES,
        "Files for the working directories of tasks, `path#name` with commas between them, unless"
        " `-cacheFile` names some.",
    ),
    Property(
        "mapreduce.job.cache.archives",
        "",
        _FILES,
        "Archives to unpack in the working directories of tasks, unless `-cacheArchive` names"
        " some.",
    ),
)

ATTEMPTS = (
    Property(
        "mapreduce.map.maxattempts",
        "4",
        _CHECKS,
        "How often a map task is tried before the job fails.",
        listed=True,
    ),
    Property(
        "mapreduce.reduce.maxattempts",
        "4",
        _CHECKS,
        "How often a reduce task is tried before the job fails.",
        listed=True,
    ),
    Property(
        "mapreduce.map.speculative",
        "true",
        _CHECKS,
        "Whether a slow map task gets a second attempt beside the first one.",
        listed=True,
    ),
    Property(
        "mapreduce.reduce.speculative",
        "true",
        _CHECKS,
        "Whether a slow reduce task gets a second attempt beside the first one.",
        listed=True,
    ),
    Property(
        "mapreduce.map.failures.maxpercent",
        "0",
        _CHECKS,
        "The percentage of map tasks that may fail without failing the job.",
    ),
    Property(
        "mapreduce.reduce.failures.maxpercent",
        "0",
        _CHECKS,
        "The percentage of reduce tasks that may fail without failing the job.",
    ),
)
