"""Properties of the order of pairs and of the output: partitioners, comparators, files."""

from __future__ import annotations

from hadoopless.streaming.properties.property import Property

_KEYS = "streaming/rules/keys.py"
_OUTPUT = "streaming/rules/output.py"

ORDER = (
    Property(
        "mapreduce.partition.keypartitioner.options",
        "",
        _KEYS,
        "KeyFieldBasedPartitioner: the parts of the key that count, as in `-k1,2`.",
    ),
    Property(
        "num.key.fields.for.partition",
        "",
        _KEYS,
        "KeyFieldBasedPartitioner: the first so many fields count; stronger than its options.",
    ),
    Property(
        "mapreduce.job.output.key.comparator.class",
        "",
        _KEYS,
        "The comparator that sorts keys; without one, keys are sorted by their bytes.",
    ),
    Property(
        "mapreduce.partition.keycomparator.options",
        "",
        _KEYS,
        "KeyFieldBasedComparator: the parts of the key to compare, as in `-k1,1 -k2,2nr`.",
    ),
    Property(
        "mapreduce.map.output.key.field.separator",
        "\t",
        _KEYS,
        "What stands between fields of the key, for the partitioner and the comparator.",
    ),
    Property(
        "mapreduce.job.output.group.comparator.class",
        "",
        _KEYS,
        "Only checked: the values of a group always have equal keys.",
    ),
    Property(
        "mapreduce.job.combiner.group.comparator.class",
        "",
        _KEYS,
        "Only checked, as that of the reducer.",
    ),
    Property(
        "mapreduce.totalorderpartitioner.path",
        "_partition.lst",
        "streaming/rules/partition_file.py",
        "TotalOrderPartitioner: a file with the boundaries of the parts; if there is none, they are"
        " found by sampling.",
    ),
    Property(
        "stream.total.order",
        "false",
        _KEYS,
        "The parts, one after the other, are in one order. Hadoop does not know it.",
    ),
    Property(
        "stream.sort.values",
        "false",
        "streaming/rules/rules.py",
        "The values of each key are sorted by their bytes. Hadoop does not know it.",
    ),
)

OUTPUT = (
    Property(
        "mapreduce.output.fileoutputformat.outputdir",
        "",
        "streaming/options/data.py",
        "Set from `-output`; a value given with `-D` is replaced.",
    ),
    Property(
        "dfs.replication",
        "",
        "streaming/planning.py",
        "How many copies a real HDFS keeps of each file of the output; elsewhere there is one.",
    ),
    Property(
        "mapreduce.output.textoutputformat.separator",
        "\t",
        _OUTPUT,
        "What stands between key and value in the output.",
    ),
    Property(
        "mapreduce.output.fileoutputformat.compress",
        "false",
        _OUTPUT,
        "Whether the files of the output are compressed.",
        listed=True,
    ),
    Property(
        "mapreduce.output.fileoutputformat.compress.codec",
        "org.apache.hadoop.io.compress.DefaultCodec",
        _OUTPUT,
        "DefaultCodec, DeflateCodec, GzipCodec, BZip2Codec or ZStandardCodec of that package.",
        listed=True,
    ),
    Property(
        "mapreduce.output.lazyoutputformat.outputformat",
        "",
        _OUTPUT,
        "LazyOutputFormat: the class that writes; `-lazyOutput` sets it.",
    ),
    Property(
        "mapreduce.fileoutputcommitter.marksuccessfuljobs",
        "true",
        "streaming/rules/rules.py",
        "Whether the output of a job that succeeded gets a file `_SUCCESS`.",
    ),
    Property(
        "mapreduce.fileoutputcommitter.cleanup.skipped",
        "false",
        "streaming/rules/rules.py",
        "Whether the output of a job that succeeded keeps a directory `_temporary`.",
    ),
    Property(
        "fs.permissions.umask-mode",
        "022",
        "streaming/rules/refused_values.py",
        "The bits that the files of the output do not have in their modes, as in `077` or"
        " `u=rwx,g=rx,o=`; the umask of the process does not matter.",
    ),
)
