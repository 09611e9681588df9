"""Properties without effect here, with the reasons; users are warned of those that they set."""

from __future__ import annotations

from hadoopless.streaming.properties.property import Property

_JVM = "tasks run in no Java machine"
_MEMORY = "the --memory of the workers says how much is kept in memory"
_SHUFFLE = "the shuffle has no settings"
_NO_YARN = "there is no YARN"
_HDFS = "only the settings of a real HDFS count, those in HADOOP_CONF_DIR"
_DEBUG = "a failed task shows its program's stderr and how to run it by hand"
_SPECULATION = "a job can only set whether slow tasks get a second attempt"
_SKIPPING = "bad records are not skipped"

#: Name -> the reason.
_REASONS: dict[str, str] = {
    "dfs.*": _HDFS,
    "fs.s3*": "only local files and those of hdfs:// are read",
    "io.compression.codecs": "the ending of a file's name says how it is unpacked",
    "io.file.buffer.size": "the sizes of buffers are fixed",
    "io.seqfile.*": "sequence files are not written",
    "mapred.child.*": _JVM,
    "mapred.map.child.*": _JVM,
    "mapred.output.committer.class": "each part is renamed when it is done",
    "mapred.reduce.child.*": _JVM,
    "mapreduce.am.*": _NO_YARN,
    "mapreduce.client.output.filter": "the client shows each failed attempt",
    "mapreduce.client.submit.file.replication": "shipped files are not replicated",
    "mapreduce.fileoutputcommitter.algorithm.version": "each part is renamed when it is done",
    "mapreduce.ifile.*": _SHUFFLE,
    "mapreduce.input.fileinputformat.list-status.num-threads": "one thread lists the inputs",
    "mapreduce.job.acl-*": "whoever may start a job may do everything with it",
    "mapreduce.job.classloader*": _JVM,
    "mapreduce.job.combine.class": "it belongs to the other API; use -combiner",
    "mapreduce.job.end-notification.*": "nobody is notified; see -background",
    "mapreduce.job.jvm.numtasks": _JVM,
    "mapreduce.job.map.output.collector.class": _SHUFFLE,
    "mapreduce.job.max.split.locations": "all workers reach all files",
    "mapreduce.job.maxtaskfailures.per.tracker": "workers that fail often are put aside anyway",
    "mapreduce.job.priority": "jobs do not wait for each other",
    "mapreduce.job.queuename": "there are no queues",
    "mapreduce.job.reduce.shuffle.consumer.plugin.class": _SHUFFLE,
    "mapreduce.job.reduce.slowstart.completedmaps": "reduces begin when no map is left",
    "mapreduce.job.running.*": "the number of workers says how many tasks run at once",
    "mapreduce.job.speculative.*": _SPECULATION,
    "mapreduce.job.ubertask.*": _NO_YARN,
    "mapreduce.job.user.classpath.first": _JVM,
    "mapreduce.jobtracker.*": _NO_YARN,
    "mapreduce.map.combine.minspills": "a job cannot set when its combiner runs",
    "mapreduce.map.cpu.vcores": "the system divides the processors among the programs",
    "mapreduce.map.debug.script": _DEBUG,
    "mapreduce.map.env": "use -cmdenv",
    "mapreduce.map.java.opts": _JVM,
    "mapreduce.map.log.level": _JVM,
    "mapreduce.map.memory.mb": "programs take the memory they need",
    "mapreduce.map.output.compress": "what maps send to reduces is not compressed",
    "mapreduce.map.output.compress.codec": "what maps send to reduces is not compressed",
    "mapreduce.map.skip.*": _SKIPPING,
    "mapreduce.map.skip.maxrecords": _SKIPPING,
    "mapreduce.map.sort.spill.percent": _MEMORY,
    "mapreduce.output.fileoutputformat.compress.type": "sequence files are not written",
    "mapreduce.reduce.cpu.vcores": "the system divides the processors among the programs",
    "mapreduce.reduce.debug.script": _DEBUG,
    "mapreduce.reduce.env": "use -cmdenv",
    "mapreduce.reduce.input.buffer.percent": _MEMORY,
    "mapreduce.reduce.java.opts": _JVM,
    "mapreduce.reduce.log.level": _JVM,
    "mapreduce.reduce.memory.mb": "programs take the memory they need",
    "mapreduce.reduce.merge.*": _SHUFFLE,
    "mapreduce.reduce.shuffle.*": _SHUFFLE,
    "mapreduce.reduce.shuffle.parallelcopies": _SHUFFLE,
    "mapreduce.reduce.skip.*": _SKIPPING,
    "mapreduce.reduce.skip.maxgroups": _SKIPPING,
    "mapreduce.shuffle.*": _SHUFFLE,
    "mapreduce.task.io.sort.factor": _MEMORY,
    "mapreduce.task.io.sort.mb": _MEMORY,
    "mapreduce.task.profile*": _JVM,
    "mapreduce.task.skip.start.attempts": _SKIPPING,
    "mapreduce.task.userlog.limit.kb": "the size of logs cannot be set",
    "mapreduce.tasktracker.*": _NO_YARN,
    "mapreduce.totalorderpartitioner.naturalorder": "the parts are always in the order of the job",
    "mapreduce.totalorderpartitioner.trie.*": "there is no trie",
    "stream.io.identifier.resolver.class": "there is no Java to load it",
    "stream.joindelay.milli": "a task always waits for the end of its program",
    "stream.shipped.hadoopstreaming": _JVM,
    "stream.tmpdir": "no jar is built",
    "yarn.app.*": _NO_YARN,
    "yarn.nodemanager.*": _NO_YARN,
    "yarn.resourcemanager.*": _NO_YARN,
    "yarn.scheduler.*": _NO_YARN,
}

#: The defaults that programs find in their environment all the same [mapred-default.xml].
_DEFAULTS: dict[str, str] = {
    "mapreduce.client.submit.file.replication": "10",
    "mapreduce.fileoutputcommitter.algorithm.version": "2",
    "mapreduce.job.queuename": "default",
    "mapreduce.job.reduce.slowstart.completedmaps": "0.05",
    "mapreduce.map.output.compress": "false",
    "mapreduce.map.output.compress.codec": "org.apache.hadoop.io.compress.DefaultCodec",
    "mapreduce.map.skip.maxrecords": "0",
    "mapreduce.map.sort.spill.percent": "0.80",
    "mapreduce.output.fileoutputformat.compress.type": "RECORD",
    "mapreduce.reduce.shuffle.parallelcopies": "5",
    "mapreduce.reduce.skip.maxgroups": "0",
    "mapreduce.task.io.sort.factor": "10",
    "mapreduce.task.io.sort.mb": "100",
    "mapreduce.task.skip.start.attempts": "2",
}

IGNORED = tuple(
    Property(name, _DEFAULTS.get(name, ""), "", reason, listed=name in _DEFAULTS)
    for name, reason in _REASONS.items()
)

#: Nobody is warned of these: whatever they say, it makes no difference.
HARMLESS = (
    Property("stream.num.map.input.key.fields", "", "", "the input format makes the key"),
    Property("stream.num.reduce.input.key.fields", "", "", "the mapper's output makes the key"),
    Property("stream.stderr.reporter.enabled", "", "", "counters and status are always read"),
)
