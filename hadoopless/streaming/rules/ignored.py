"""What users of Hadoop set that means nothing here, and why. All other unknown properties are the
users' own and go to the environment of their programs without a word."""

from __future__ import annotations

from hadoopless.streaming.notices import Notice, warning
from hadoopless.streaming.properties.deprecated import new_name
from hadoopless.streaming.request import Request

_JVM = "tasks run in no Java machine"
_MEMORY = "the --memory of the workers says how much is kept in memory"
_SHUFFLE = "the shuffle has nothing to set"
_NO_CLUSTER = "there is no YARN"
_HDFS = "there is no HDFS"
_DEBUG = "a failed task shows its program's stderr and how to run it by hand"
_SPECULATION = "when a backup starts is not to be set, only whether"
_SKIPPING = "bad records are not skipped"

#: Name -> reason; a name that ends with ``*`` stands for all that begin so.
IGNORED_PROPERTIES: dict[str, str] = {
    "dfs.*": _HDFS,
    "fs.s3*": "only local files and the area of hdfs:// are read",
    "io.compression.codecs": "files are unpacked by the ending of their names",
    "io.file.buffer.size": "buffers have their own sizes",
    "io.seqfile.*": "sequence files are not written",
    "mapred.child.*": _JVM,
    "mapred.map.child.*": _JVM,
    "mapred.output.committer.class": "each part is renamed as it is done",
    "mapred.reduce.child.*": _JVM,
    "mapreduce.am.*": _NO_CLUSTER,
    "mapreduce.client.submit.file.replication": "shipped files are not replicated",
    "mapreduce.fileoutputcommitter.algorithm.version": "each part is renamed as it is done",
    "mapreduce.ifile.*": _SHUFFLE,
    "mapreduce.job.acl-*": "who may start a job may do all with it",
    "mapreduce.job.classloader*": _JVM,
    "mapreduce.job.combine.class": "it is of the other API; use -combiner",
    "mapreduce.job.end-notification.*": "nobody is notified; see -background",
    "mapreduce.job.jvm.numtasks": _JVM,
    "mapreduce.job.map.output.collector.class": _SHUFFLE,
    "mapreduce.job.max.split.locations": "all workers reach all files",
    "mapreduce.job.maxtaskfailures.per.tracker": "workers that fail are noticed otherwise",
    "mapreduce.job.priority": "jobs do not wait for each other",
    "mapreduce.job.queuename": "there are no queues",
    "mapreduce.job.reduce.shuffle.consumer.plugin.class": _SHUFFLE,
    "mapreduce.job.reduce.slowstart.completedmaps": "reduces begin when no map is left",
    "mapreduce.job.running.*": "the number of workers says how many tasks run at once",
    "mapreduce.job.speculative.*": _SPECULATION,
    "mapreduce.job.ubertask.*": _NO_CLUSTER,
    "mapreduce.job.user.classpath.first": _JVM,
    "mapreduce.jobtracker.*": _NO_CLUSTER,
    "mapreduce.map.combine.minspills": "when the combiner runs is not to be set",
    "mapreduce.map.cpu.vcores": "programs share the processors as the system has it",
    "mapreduce.map.debug.script": _DEBUG,
    "mapreduce.map.env": "use -cmdenv",
    "mapreduce.map.java.opts": _JVM,
    "mapreduce.map.log.level": _JVM,
    "mapreduce.map.memory.mb": "programs take the memory they need",
    "mapreduce.map.output.compress": "what maps hand to reduces is not compressed",
    "mapreduce.map.output.compress.codec": "what maps hand to reduces is not compressed",
    "mapreduce.map.skip.*": _SKIPPING,
    "mapreduce.map.sort.spill.percent": _MEMORY,
    "mapreduce.output.fileoutputformat.compress.type": "sequence files are not written",
    "mapreduce.reduce.cpu.vcores": "programs share the processors as the system has it",
    "mapreduce.reduce.debug.script": _DEBUG,
    "mapreduce.reduce.env": "use -cmdenv",
    "mapreduce.reduce.input.buffer.percent": _MEMORY,
    "mapreduce.reduce.java.opts": _JVM,
    "mapreduce.reduce.log.level": _JVM,
    "mapreduce.reduce.memory.mb": "programs take the memory they need",
    "mapreduce.reduce.merge.*": _SHUFFLE,
    "mapreduce.reduce.shuffle.*": _SHUFFLE,
    "mapreduce.reduce.skip.*": _SKIPPING,
    "mapreduce.shuffle.*": _SHUFFLE,
    "mapreduce.task.io.sort.factor": _MEMORY,
    "mapreduce.task.io.sort.mb": _MEMORY,
    "mapreduce.task.profile*": _JVM,
    "mapreduce.task.skip.start.attempts": _SKIPPING,
    "mapreduce.task.userlog.limit.kb": "the size of logs is not to be set",
    "mapreduce.tasktracker.*": _NO_CLUSTER,
    "mapreduce.totalorderpartitioner.naturalorder": "parts are in the order of the job",
    "mapreduce.totalorderpartitioner.trie.*": "there is no trie",
    "stream.io.identifier.resolver.class": "there is no Java to load it",
    "stream.joindelay.milli": "the end of a program is waited for",
    "stream.shipped.hadoopstreaming": _JVM,
    "stream.tmpdir": "no jar is built",
    "yarn.app.*": _NO_CLUSTER,
    "yarn.nodemanager.*": _NO_CLUSTER,
    "yarn.resourcemanager.*": _NO_CLUSTER,
    "yarn.scheduler.*": _NO_CLUSTER,
}

_PREFIXES = tuple(name.removesuffix("*") for name in IGNORED_PROPERTIES if name.endswith("*"))


def reason_to_ignore(name: str) -> str | None:
    """Why the property *name* (old or new) has no effect; None when it may have one."""
    new = new_name(name)
    if new in IGNORED_PROPERTIES:
        return IGNORED_PROPERTIES[new]
    prefix = next((one for one in _PREFIXES if new.startswith(one)), None)
    return None if prefix is None else IGNORED_PROPERTIES[f"{prefix}*"]


def ignored_in(request: Request) -> dict[str, str]:
    """What *request* asks for in vain -> why; properties by the names their user gave them."""
    found = {}
    for name in request.configuration.given_names():
        reason = reason_to_ignore(name)
        if reason is not None:
            found[name] = reason
    if request.jars:
        found["-libjars"] = "there is no Java to load them"
    if request.debug:
        found["-debug"] = "no jar is built that could be kept"
    return found


def notices_of(request: Request) -> tuple[Notice, ...]:
    """One line about all that has no effect, if there is any."""
    found = ignored_in(request)
    if not found:
        return ()
    shown = ", ".join(f"{name} ({reason})" for name, reason in found.items())
    return (warning(f"Without effect here: {shown}"),)
