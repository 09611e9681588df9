"""Random jobs with one odd word in them: some fail for it, some do not."""

from __future__ import annotations

from tests.hadoop import pieces
from tests.hadoop.draft import Draft, Order
from tests.hadoop.pieces import IO, LIB

_STREAM = "org.apache.hadoop.streaming."

#: Values for -D; properties that are read as numbers, flags, names of classes or texts.
_VALUES: dict[str, list[str]] = {
    "stream.num.map.output.key.fields": ["x", "", "-1", "0", "+2", " 2 ", "2147483648", "0x2"],
    "stream.num.reduce.output.key.fields": ["x", "-1", "0"],
    "stream.map.output.field.separator": ["", "\n", "\r", " ", "\\t", "\u2028"],
    "stream.reduce.input.field.separator": ["", "\n", "\\t"],
    "stream.reduce.output.field.separator": ["", "\n", "\\t"],
    "mapreduce.output.textoutputformat.separator": ["", "\n", "\\t", "\u00ff"],
    "stream.map.input.ignoreKey": ["", "maybe", "TRUE", " true ", "1"],
    "stream.non.zero.exit.is.failure": ["", "maybe", "FALSE"],
    "stream.jobconf.truncate.limit": ["x", "-2", "0", "10"],
    "mapreduce.job.reduces": ["", " 2 ", "+2", "0x3", "-1", "2.0", "1e1"],
    "mapreduce.output.fileoutputformat.compress": ["", "maybe", "TRUE", " true "],
    "mapreduce.input.linerecordreader.line.maxlength": ["x", "0", "-1", "5k"],
    "textinputformat.record.delimiter": ["", "\n", "\r", "\r\n", "\\n", "\u00e9"],
    "mapreduce.input.fileinputformat.split.minsize": ["x", "-1", "0", "1k", "1000"],
    "fs.local.block.size": ["500", "2000"],
    "mapreduce.job.output.key.class": ["no.such.Class", IO + "IntWritable", IO + "Text"],
    "mapreduce.map.output.key.class": ["no.such.Class", IO + "IntWritable", IO + "Text"],
    "mapreduce.job.output.value.class": ["no.such.Class", IO + "NullWritable"],
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": ["", "maybe", "FALSE"],
    "mapreduce.fileoutputcommitter.algorithm.version": ["1", "2"],
    "mapreduce.input.fileinputformat.input.dir.recursive": ["maybe", "TRUE"],
    "mapreduce.job.name": ["", "a\tb", "\u00e9"],
    "stream.map.output": ["", "TEXT", "no.such"],
    "stream.stderr.reporter.prefix": [""],
    "mapreduce.job.max.split.locations": ["1"],
    "mapreduce.job.output.key.comparator.class": ["", IO + "Text$Comparator", IO + "Text"],
    "mapreduce.partition.keycomparator.options": ["-k", "x", "-k1,1n"],
    "mapred.partitioner.class": [LIB + "HashPartitioner"],
    "mapreduce.task.timeout": ["0", "600000"],
    "mapreduce.map.failures.maxpercent": ["0", "50"],
    "mapreduce.job.output.group.comparator.class": ["", IO + "Text$Comparator"],
    "mapred.combiner.class": [LIB + "IdentityReducer", "no.such.Class"],
    "mapred.reducer.class": [LIB + "IdentityMapper", "no.such.Class"],
    "mapred.mapper.class": [LIB + "IdentityMapper", "no.such.Class"],
    "mapred.input.format.class": ["org.apache.hadoop.mapred.KeyValueTextInputFormat"],
    "mapred.output.format.class": [LIB + "NullOutputFormat"],
    "mapreduce.input.fileinputformat.inputdir": ["dir", "nope"],
    "mapreduce.output.fileoutputformat.outputdir": ["elsewhere"],
    "mapreduce.map.java.opts": ["-Xmx100m"],
    "mapreduce.job.ubertask.enable": ["true"],
    "mapreduce.job.reduce.slowstart.completedmaps": ["1.0", "x"],
    "mapreduce.map.speculative": ["false", "maybe"],
    "mapreduce.task.io.sort.mb": ["1", "50", "0", "3000", "x"],
    "mapreduce.task.io.sort.factor": ["x"],
    "mapreduce.map.combine.minspills": ["x"],
    "mapreduce.map.sort.spill.percent": ["0.5", "0", "2", "x"],
    "mapreduce.map.skip.maxrecords": ["x"],
    "mapreduce.reduce.shuffle.input.buffer.percent": ["2", "x"],
    "mapreduce.reduce.input.buffer.percent": ["2"],
    "mapreduce.job.map.output.collector.class": ["nosuch"],
    "mapreduce.job.reduce.shuffle.consumer.plugin.class": ["nosuch"],
    "mapreduce.input.fileinputformat.list-status.num-threads": ["4", "0", "-1", "x"],
    "mapreduce.client.output.filter": ["ALL", "x"],
    "mapreduce.job.working.dir": ["dir", "."],
    "mapred.mapper.new-api": ["true"],
    "io.file.buffer.size": ["0", "x"],
    "fs.permissions.umask-mode": ["xyz", "077", "u=rwx,g=rx,o="],
    "my.mark": ["${path.separator}", "${os.name}"],
    "stream.recordreader.class": [_STREAM + "StreamXmlRecordReader"],
    "stream.reduce.input": ["keyonlytext"],
    "stream.reduce.output": ["keyonlytext"],
    "mapreduce.job.counters.max": ["200"],
    "mapreduce.job.user.name": ["somebody"],
    "mapreduce.job.queuename": ["fast"],
}

#: Words of streaming; an option that the job has already comes first.
_OPTIONS: list[list[str]] = [
    ["-mapper", ""],
    ["-reducer", ""],
    ["-mapper", " cat"],
    ["-mapper", "cat "],
    ["-mapper", "'cat'"],
    ["-mapper", "./cat"],
    ["-reducer", "none"],
    ["-reducer", "NONE "],
    ["-reducer", "AGGREGATE"],
    ["-mapper", LIB + "IdentityReducer"],
    ["-reducer", LIB + "IdentityMapper"],
    ["-mapper", LIB + "NoSuchMapper"],
    ["-mapper", "org.apache.hadoop.mapred.TextInputFormat"],
    ["-mapper", _STREAM + "PipeMapper"],
    ["-reducer", _STREAM + "PipeReducer"],
    ["-mapper", "PipeMapper"],
    ["-combiner", LIB + "LongSumReducer"],
    ["-combiner", LIB + "IdentityMapper"],
    ["-inputformat", ""],
    ["-inputformat", LIB + "IdentityMapper"],
    ["-inputformat", "StreamInputFormat"],
    ["-inputformat", "org.apache.hadoop.mapred.FileInputFormat"],
    ["-outputformat", "TextOutputFormat"],
    ["-outputformat", LIB + "IdentityMapper"],
    ["-partitioner", LIB + "IdentityMapper"],
    ["-partitioner", LIB + "HashPartitioner"],
    ["-inputreader", "StreamXmlRecordReader"],
    ["-inputreader", "StreamXmlRecordReader,begin=a"],
    ["-inputreader", "StreamXmlRecordReader,begin=a,end=b,maxrec=x"],
    ["-inputreader", ""],
    ["-input", ""],
    ["-input", ","],
    ["-input", "a.txt,"],
    ["-input", "a.txt,,a.txt"],
    ["-input", " a.txt"],
    ["-input", "{a,a}.txt"],
    ["-input", "{a.txt"],
    ["-input", "[a.txt"],
    ["-input", "[^b].txt"],
    ["-input", "?.txt"],
    ["-input", "\\a.txt"],
    ["-input", "a*.txt*"],
    ["-input", "a.txt/"],
    ["-input", "a.txt/b"],
    ["-input", "*"],
    ["-input", "nope/*"],
    ["-input", "nosuch://x/y"],
    ["-input", "file:a.txt"],
    ["-input", "a.txt#x"],
    ["-input", "a:b.txt"],
    ["-output", ""],
    ["-output", "out/"],
    ["-output", "./out"],
    ["-output", "deep/../out"],
    ["-output", "a.txt"],
    ["-numReduceTasks", " 2"],
    ["-numReduceTasks", "+2"],
    ["-numReduceTasks", "02"],
    ["-numReduceTasks", "2147483648"],
    ["-io", ""],
    ["-io", "TEXT"],
    ["-cmdenv", "nothing"],
    ["-cmdenv", "=x"],
    ["-cmdenv", ""],
    ["-jobconf", "nothing"],
    ["-jobconf", "=x"],
    ["-jobconf", "a="],
    ["-file", "dir"],
    ["-mapper", "bin/map.sh", "-file", "bin/map.sh"],
    ["-mapper", "map.sh", "-file", "bin/map.sh"],
    ["-mapper", "./map.sh", "-file", "bin/map.sh"],
    ["-mapper", "sh bin/map.sh", "-file", "bin/map.sh"],
    ["-mapper", "sh map.sh", "-file", "bin"],
    ["-mapper", "bin/map.sh"],
    ["-mapper", "bin/plain.sh", "-file", "bin/plain.sh"],
    ["-mapper", "/bin/cat"],
    ["-mapper", "cat a.txt"],
    ["-mapper", "cat | sort"],
    ["-mapper", "env -u PATH cat"],
    ["-reducer", "sort -u"],
    ["-reducer", "uniq -c"],
    ["-additionalconfspec", "nope.xml"],
    ["-additionalconfspec", "more.xml"],
    ["-mapper"],
    ["-input"],
    ["-output"],
    ["extra"],
    ["extra", "words"],
    ["-"],
    ["--"],
    ["-h"],
    ["-Input", "a.txt"],
    ["-verbos"],
    ["-lazy"],
    ["-num", "2"],
]

_GENERIC: list[list[str]] = [
    ["-D", "=x"],
    ["-D", ""],
    ["-D"],
    ["-Dmapreduce.job.reduces=2"],
    ["-D", "mapreduce.job.reduces"],
    ["-D", "mapreduce.job.reduces = 2"],
    ["-files", "dir"],
    ["-files", "a.txt,dir"],
    ["-files", "a.txt#b.txt"],
    ["-files", ""],
    ["-files", "a.txt,"],
    ["-files", "a.txt,nope"],
    ["-files", "bin/*"],
    ["-files", "*.txt"],
    ["-files", "a.txt,a.txt"],
    ["-files", "bin/map.sh#sort"],
    ["-files", "bin/map.sh#a#b"],
    ["-files", "bin/map.sh#"],
    ["-conf", "entity.xml"],
    ["-archives", "bin"],
    ["-libjars", "nope.jar"],
    ["-libjars", "a.txt"],
    # The new one of two names of a property wins only in the first job of a JVM. A user who types
    # commands sees no other job, but the real Hadoop here runs many in one JVM.
    ["-archives", "a.txt"],
    ["-conf", "more.xml"],
    ["-conf", "broken.xml"],
    ["-conf", "a.txt"],
    ["-fs", "file:///"],
    ["-jt", "local"],
    ["-files"],
]

_FILES = {
    "dir/x.txt": b"in a directory\n",
    "more.xml": b"<configuration><property><name>mapreduce.job.reduces</name>"
    b"<value>3</value></property></configuration>",
    "entity.xml": b'<!DOCTYPE c [<!ENTITY n "2">]><configuration><property>'
    b"<name>mapreduce.job.reduces</name><value>&n;</value></property></configuration>",
    "bin/map.sh": b"#!/bin/sh\nexec sed s/b/m/\n",
    "bin/plain.sh": b"sed s/b/n/\n",
    "broken.xml": b"<configuration><property>",
}


def odd_word(draft: Draft) -> None:
    """A simple job with one odd value, option or generic option."""
    dice = draft.dice
    draft.files["a.txt"] = b"b c\td e\na\tx\ty\n\nk;v\tw\nb c\t1\n" * 12 + b"z"
    draft.files |= _FILES
    options = {"-input": "a.txt", "-output": "out", "-mapper": "cat", "-reducer": "sort"}
    kind = dice.choice(["value", "value", "option", "option", "generic"])
    if kind == "value":
        name = dice.choice(list(_VALUES))
        value = dice.choice(_VALUES[name])
        draft.features.add(f"odd value of {name}")
        draft.generic.append(["-D", f"{name}={value}"])
    elif kind == "option":
        odd = dice.choice(_OPTIONS)
        draft.features.add(f"odd {odd}")
        if odd[0] in options:
            del options[odd[0]]
        draft.streaming.append(odd)
    else:
        odd = dice.choice(_GENERIC)
        draft.features.add(f"odd {odd}")
        draft.generic.append(odd)
    for name, value in options.items():
        draft.option(name, value)
    if draft.chance(0.3):
        pieces.reduces(draft)
    # The word after an option without its argument must be known.
    draft.order = Order("lines")
    draft.loose_counters.update(pieces.SERIALIZED)
    draft.dressed = False
