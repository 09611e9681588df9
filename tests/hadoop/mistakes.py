"""Random jobs that fail, or do not even begin."""

from __future__ import annotations

from tests.hadoop import pieces
from tests.hadoop.draft import Draft, Order
from tests.hadoop.outcome import OUTPUT
from tests.hadoop.pieces import LIB

_COMPARATOR = "mapreduce.job.output.key.comparator.class"
_BAD_KEYS = ["-kx", "-k0", "-k1,", "-k1.0", "-k1.x,2", "-k2,1", "-k", "-k1,2q", "-k1.2.3", "-x -k"]


def broken_run(draft: Draft) -> None:
    """Programs that fail, and the properties that forgive it."""
    dice = draft.dice
    draft.text_input(simple=True)
    status = str(dice.choice([0, 1, 3, 127, 255]))
    failing = dice.choice(["fail.sh", "fail_early.sh", "fail.sh", "nowhere"])
    command = "no-such-program x" if failing == "nowhere" else draft.ship(failing, status)
    where = dice.choice(["-mapper", "-reducer", "-combiner"])
    draft.features.add(f"{failing} as {where}")
    for option in ("-mapper", "-reducer", *(["-combiner"] if where == "-combiner" else [])):
        draft.option(option, command if option == where else "cat")
    pieces.reduces(draft)
    if draft.chance(0.5):
        draft.set("stream.non.zero.exit.is.failure", dice.choice(["false", "false", "true"]))
    draft.set("mapreduce.map.maxattempts", "1")
    draft.set("mapreduce.reduce.maxattempts", "1")
    draft.order = Order("settled")
    draft.output()


def unread(draft: Draft) -> None:
    """Programs that do not read their input, of which there is more than any buffer holds."""
    draft.files["big.txt"] = b"key\tvalue\n" * 100_000
    draft.option("-input", "big.txt")
    where = draft.dice.choice(["-mapper", "-mapper", "-reducer"])
    for option in ("-mapper", "-reducer"):
        draft.option(option, draft.dice.choice(["true", "head -n 3"]) if option == where else "cat")
    pieces.reduces(draft)
    if draft.chance(0.6):
        # It is a race whether what was written has been counted when the pipe breaks.
        draft.set("stream.minRecWrittenToEnableSkip_", draft.dice.choice(["0", "0", "10"]))
    draft.set("mapreduce.map.maxattempts", "1")
    draft.set("mapreduce.reduce.maxattempts", "1")
    draft.output()


#: The mistakes: more words for streaming, generic ones, files. A list of words is one of them.
_MISTAKES: dict[str, tuple[list[list[str]], list[list[str]], dict[str, bytes]]] = {
    "unknown option": ([["-nosuch", "x"], ["-nosuch"], ["-verbose_", "x"]], [], {}),
    "missing input": ([["-input", name] for name in ("nope", "no*", "a,nope")], [], {}),
    "output exists": ([], [], {f"{OUTPUT}/old": b"old\n"}),
    "input format": ([["-inputformat", name] for name in ("Nope", "NLineInputFormat")], [], {}),
    "output format": ([["-outputformat", "NoSuchFormat"]], [], {}),
    "partitioner": ([["-partitioner", "NoSuchPartitioner"]], [], {}),
    "input reader": ([["-inputreader", "NoSuchReader,begin=a,end=b"]], [], {}),
    "reduces": ([["-numReduceTasks", n] for n in ("x", "", "1.5", "-1")], [], {}),
    "property no number": ([], [["-D", "mapreduce.job.reduces=many"]], {}),
    "files missing": ([], [["-files", "nope.txt"], ["-archives", "nope.zip"]], {}),
    "file missing": ([["-file", "nope.txt"]], [], {}),
    "generic late": ([["-D", "a=b"]], [], {}),
    "conf missing": ([], [["-conf", "nope.xml"]], {}),
    "no equals": ([], [["-D", "foo"]], {}),
    "help": ([["-help"], ["-info"]], [], {}),
    "comparator": ([], [["-D", f"{_COMPARATOR}=no.such.Class"]], {}),
    "no gzip": ([["-input", "plain.gz"]], [], {"plain.gz": b"not compressed\n"}),
    "hidden input": ([["-input", "_x"]], [], {"_x": b"x\n"}),
    "directory in input": ([["-input", "dir"]], [], {"dir/a": b"x\n", "dir/sub/b": b"y\n"}),
}


def broken_options(draft: Draft) -> None:
    """Command lines with a mistake."""
    dice = draft.dice
    draft.text_input(simple=True)
    draft.option("-mapper", "cat")
    draft.option("-reducer", "cat")
    draft.order = Order("settled")
    draft.output()
    kind = dice.choice([*sorted(_MISTAKES), "an option less", "keys", "keys", "codec"])
    draft.features.add(f"mistake, {kind}")
    if kind == "an option less":
        name = dice.choice(["-input", "-output"])
        draft.streaming[:] = [words for words in draft.streaming if words[0] != name]
    elif kind == "keys":
        _bad_keys(draft)
    elif kind == "codec":
        draft.set("mapreduce.output.fileoutputformat.compress", "true")
        draft.set("mapreduce.output.fileoutputformat.compress.codec", "no.such.Codec")
    else:
        streaming, generic, files = _MISTAKES[kind]
        if streaming:
            draft.option(*dice.choice(streaming))
        if generic:
            draft.generic.append(dice.choice(generic))
        draft.files.update(files)


def _bad_keys(draft: Draft) -> None:
    key = draft.dice.choice(_BAD_KEYS)
    if draft.chance(0.5):
        draft.option("-partitioner", LIB + "KeyFieldBasedPartitioner")
        draft.option("-numReduceTasks", "2")
        draft.set("mapreduce.partition.keypartitioner.options", key)
    else:
        # Then Hadoop compares what stands before keys.
        key = key.replace("1.0", "1.1")
        draft.set(_COMPARATOR, LIB + "KeyFieldBasedComparator")
        draft.set("mapreduce.partition.keycomparator.options", key)
        draft.order = Order("fields", b"\t", 1, key)
        draft.loose_counters.add("Reduce input groups")
