"""The texts of -help and -info."""

from __future__ import annotations

_HEAD = "Usage: $HADOOP_HOME/bin/hadoop jar hadoop-streaming.jar [options]"

#: After a call without any word.
TOOLS = tuple(
    """\
Usage: mapred streaming [options]
Options:
  [streamjob] <args>    Runs a streaming job; -help tells its arguments
  dumptb <glob-pattern> Writes the matching files to stdout as typed bytes
  loadtb <path>         Stores typed bytes from stdin in a sequence file
""".splitlines()
)

#: After one of the tools without its word.
TOOL_WORDS = {
    "dumptb": (
        "Usage: mapred streaming dumptb <glob-pattern>",
        "  Writes the offsets and lines of the matching text file, or of the files in the matching",
        "  directory, to stdout as typed bytes.",
    ),
    "loadtb": (
        "Usage: mapred streaming loadtb <path>",
        "  Needs sequence files, which are not supported here.",
    ),
}

_GENERIC = """\
Generic options supported are (they stand before all others):
  -conf <configuration file>
                        Properties from an XML file
  -D <property=value>   One property; stronger than -conf
  -fs <file:///|hdfs://host:port>
                        Where paths without a scheme lie
  -jt <local|host:port> Accepted; jobs run here
  -files <file,...>     Files for the working directory of each task; file#name renames
  -libjars <jar,...>    Accepted; there is no Java to load them
  -archives <archive,...>
                        Archives to unpack in the working directory of each task
"""

#: After generic options that could not be read.
GENERIC_SYNTAX = ("usage: general options are:", *_GENERIC.splitlines()[1:])

_OPTIONS = f"""\
{_HEAD}
Options:
  -input          <path> Input files, directories or patterns; may be repeated
  -output         <path> Directory for the output; must not exist
  -mapper         <cmd|JavaClassName> Optional. What turns input lines into pairs
  -combiner       <cmd|JavaClassName> Optional. What shortens the output of each map
  -reducer        <cmd|JavaClassName|NONE|aggregate> Optional. What gets the sorted pairs
  -file           <file> Optional. A file for the tasks. Deprecated: use -files
  -inputformat    <TextInputFormat(default)|KeyValueTextInputFormat|JavaClassName>
                  Optional. How inputs are cut into records
  -outputformat   <TextOutputFormat(default)|JavaClassName>
                  Optional. How the output is written
  -partitioner    <JavaClassName|executable> Optional. Which reduce gets a key
  -numReduceTasks <num> Optional. How many reduces; 0: the mappers' output is the job's
  -inputreader    <spec> Optional. Class and parameters of a record reader
  -cmdenv         <n>=<v> Optional. A variable for the environment of the programs
  -mapdebug       <cmd> Optional. Accepted without effect
  -reducedebug    <cmd> Optional. Accepted without effect
  -io             <text|keyonlytext|rawbytes|typedbytes> Optional. How pairs are written
                  to and read from the programs
  -lazyOutput     Optional. No output file for a task without output
  -background     Optional. Submit the job and do not wait for its end
  -verbose        Optional. Tell more
  -info           Optional. Print longer help
  -help           Optional. Print this help

{_GENERIC}
The general command line syntax is:
command [genericOptions] [commandOptions]
"""

USAGE = (
    *_OPTIONS.splitlines(),
    "",
    "For more details about these options:",
    "Use $HADOOP_HOME/bin/hadoop jar hadoop-streaming.jar -info",
)

INFO = (
    *_OPTIONS.splitlines(),
    *"""
Usage tips:
Inputs: patterns with * ? [a-z] {a,b} are expanded; several paths go with commas between them or
  with several -input.

Records: a line of the input is a record; the mapper gets it on stdin. In what programs write, the
  key ends at the first TAB and the rest of the line is the value.

Commands: words are cut at spaces, quotes keep spaces together. There is no shell: for pipes or
  variables use  -mapper "sh -c '...'"

Files: what -files names is in the working directory of each task:
  -files my.py -mapper my.py

Number of reduces, and so of output files:
  -numReduceTasks 10
Without sort and reduce (the same as -reducer NONE):
  -numReduceTasks 0

Sorting by fields of the key:
  -D mapreduce.job.output.key.comparator.class=org.apache.hadoop.mapred.lib.KeyFieldBasedComparator
  -D stream.num.map.output.key.fields=2 -D mapreduce.partition.keycomparator.options="-k1,1 -k2,2nr"
Partitions by the first field of the key only:
  -partitioner org.apache.hadoop.mapred.lib.KeyFieldBasedPartitioner
  -D mapreduce.partition.keypartitioner.options=-k1,1
The same without Hadoop's words:
  -D stream.sort.values=true          the values of each key sorted as bytes
  -D stream.total.order=true          all parts in one order, one after the other
  -D stream.combine.small.files=64MB  small inputs go to one map, up to this size
  -partitioner ./mine                 a program that writes a number for each key it reads

On a real Hadoop, after checks here (these options stand in front of all others):
  hadoop jar any.jar --engine=hadoop [--hadoop=PATH] [--dryRun] [--no-preflight] ...

Programs that end with another status than 0, as if they had succeeded:
  -D stream.non.zero.exit.is.failure=false
A variable for programs, and a limit for the values of properties in their environment:
  -cmdenv EXAMPLE_DIR=/home/example/dictionaries/
  -D stream.jobconf.truncate.limit=20000
A name for the job:
  -D mapreduce.job.name="My job"

Example:
  hadoop jar hadoop-streaming.jar -files filter.pl -mapper "perl filter.pl" -reducer NONE \\
    -input "/logs/0604*/*" -output filtered""".splitlines(),
)
