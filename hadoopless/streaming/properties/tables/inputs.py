"""Properties of the inputs: which files are read, how they are cut, what is a record."""

from __future__ import annotations

from hadoopless.streaming.properties.property import Property

_LISTING = "streaming/inputs/listing.py"
_SPLITS = "streaming/inputs/splits.py"
_RECORDS = "streaming/rules/input.py"

INPUTS = (
    Property(
        "mapreduce.input.fileinputformat.inputdir",
        "",
        _LISTING,
        "Input paths and patterns with commas between them; those of `-input` are added.",
    ),
    Property(
        "mapreduce.input.fileinputformat.input.dir.recursive",
        "false",
        _LISTING,
        "Whether files in subdirectories of an input directory are read, too.",
    ),
    Property(
        "mapreduce.input.fileinputformat.input.dir.nonrecursive.ignore.subdirs",
        "false",
        _LISTING,
        "Whether subdirectories are passed over; otherwise they fail a job that is not recursive.",
    ),
    Property(
        "mapreduce.input.pathFilter.class",
        "",
        _LISTING,
        "Refused: there are no filters here, and what one leaves out must not be read.",
    ),
    Property(
        "mapreduce.job.maps",
        "2",
        _SPLITS,
        "The number of map tasks to aim at. Unless it is given, tiny inputs and jobs without"
        " reduces aim at one.",
        listed=True,
    ),
    Property(
        "mapreduce.job.max.map",
        "-1",
        "streaming/planning.py",
        "The most map tasks that a job may have; one with more is refused. Below 0: no limit.",
    ),
    Property(
        "mapreduce.input.fileinputformat.split.minsize",
        "0",
        _SPLITS,
        "The least number of bytes of a split.",
        listed=True,
    ),
    Property(
        "mapreduce.input.fileinputformat.split.maxsize",
        "0",
        _SPLITS,
        "CombineTextInputFormat: a split is full with so many bytes; 0: no limit.",
    ),
    Property(
        "mapreduce.input.fileinputformat.split.minsize.per.node",
        "0",
        _SPLITS,
        "CombineTextInputFormat: what is left over makes a split of its own from so many bytes on.",
    ),
    Property(
        "mapreduce.input.fileinputformat.split.minsize.per.rack",
        "0",
        _SPLITS,
        "CombineTextInputFormat: only checked against the other sizes.",
    ),
    Property(
        "mapreduce.input.lineinputformat.linespermap",
        "1",
        _SPLITS,
        "NLineInputFormat: the number of lines of a split.",
        listed=True,
    ),
    Property(
        "dfs.blocksize",
        "",
        _SPLITS,
        "The most bytes of a split, as in `64m` (a file in a real HDFS has its own blocks), and the"
        " size of the output's blocks there. Without it: 128 MB in `hdfs://`, 32 MB elsewhere.",
    ),
    Property(
        "fs.local.block.size",
        "",
        _SPLITS,
        "The most bytes of a split of a local file; stronger than `dfs.blocksize`.",
    ),
    Property(
        "stream.combine.small.files",
        "",
        _SPLITS,
        "Small inputs share a map task up to this size, as in `64MB`. Hadoop does not know it.",
    ),
)

RECORDS = (
    Property(
        "textinputformat.record.delimiter",
        "",
        _RECORDS,
        "What ends a record, in place of the ends of lines.",
    ),
    Property(
        "mapreduce.input.linerecordreader.line.maxlength",
        "2147483647",
        _RECORDS,
        "Longer lines are left out.",
    ),
    Property(
        "mapreduce.input.keyvaluelinerecordreader.key.value.separator",
        "\t",
        _RECORDS,
        "KeyValueTextInputFormat: the character that ends the key.",
    ),
    Property(
        "stream.map.input.ignoreKey",
        "",
        _RECORDS,
        "Whether mappers get values alone. Without it: with TextInputFormat they do.",
    ),
    Property(
        "stream.recordreader.class",
        "",
        _RECORDS,
        "The class that `-inputreader` names.",
    ),
    Property(
        "stream.recordreader.begin",
        "",
        _RECORDS,
        "StreamXmlRecordReader: the mark that begins a record.",
    ),
    Property(
        "stream.recordreader.end",
        "",
        _RECORDS,
        "StreamXmlRecordReader: the mark that ends a record.",
    ),
    Property(
        "stream.recordreader.slowmatch",
        "false",
        _RECORDS,
        "StreamXmlRecordReader: whether marks within CDATA sections do not count.",
    ),
    Property(
        "stream.recordreader.maxrec",
        "50000",
        _RECORDS,
        "StreamXmlRecordReader with `slowmatch`: the most bytes of a record.",
    ),
    Property(
        "stream.recordreader.lookahead",
        "",
        _RECORDS,
        "StreamXmlRecordReader with `slowmatch`: the bytes looked through at the begin of a split;"
        " without it, twice `maxrec`.",
    ),
    Property(
        "stream.recordreader.*",
        "",
        "streaming/options/data.py",
        "Other parameters of `-inputreader`, for the environment of programs.",
    ),
)
