"""The pieces from which several shapes of random jobs are put together."""

from __future__ import annotations

from tests.hadoop import inputs
from tests.hadoop.draft import Draft, Order
from tests.hadoop.programs import SOURCES

LIB = "org.apache.hadoop.mapred.lib."
IO = "org.apache.hadoop.io."
SEPARATORS = [",", ".", "::", "|", "#", ";", "ab", "é", "=", "aa", "\t\t", ":"]
_CODECS = ["GzipCodec", "BZip2Codec", "DefaultCodec", "DeflateCodec"]


def reading(draft: Draft) -> bool:
    """An input and how it is read; returns whether the mapper sees pairs of texts."""
    dice = draft.dice
    way = dice.choices(
        ["lines", "pairs", "n lines", "xml", "delimiter", "longest", "offsets"],
        [60, 14, 6, 6, 6, 3, 5],
    )[0]
    draft.features.add(f"read {way}")
    if way == "xml":
        _xml_input(draft)
        return False
    draft.text_input(simple=way == "n lines", packed=way != "n lines")
    if way == "pairs":
        name = dice.choice(["", "org.apache.hadoop.mapred."]) + "KeyValueTextInputFormat"
        draft.option("-inputformat", name)
        if draft.chance(0.4):
            name = "mapreduce.input.keyvaluelinerecordreader.key.value.separator"
            draft.set(name, dice.choice([",", "::", " ", "b"]))
        if draft.chance(0.2):
            draft.set("stream.map.input.ignoreKey", "true")
        if draft.chance(0.2):
            draft.set("stream.map.input.field.separator", dice.choice(SEPARATORS))
    elif way == "n lines":
        draft.option("-inputformat", LIB + "NLineInputFormat")
        ends = sum(data.count(b"\n") + data.count(b"\r") for data in draft.files.values())
        number = ends // dice.randint(1, 6) + 1
        draft.set("mapreduce.input.lineinputformat.linespermap", str(number))
        if draft.chance(0.7):
            draft.set("stream.map.input.ignoreKey", "true")
    elif way == "delimiter":
        draft.set("textinputformat.record.delimiter", dice.choice([";", "::", "ab", "\t", "aa"]))
    elif way == "longest":
        draft.set("mapreduce.input.linerecordreader.line.maxlength", str(dice.randint(1, 30)))
    elif way == "offsets":
        draft.set("stream.map.input.ignoreKey", "false")
    elif draft.chance(0.05):
        draft.option("-inputformat", "TextInputFormat")
    return way == "pairs"


def _xml_input(draft: Draft) -> None:
    dice = draft.dice
    begin, end = dice.choice(
        [("<r>", "</r>"), ("<page", "</page>"), ("aab", "ab"), ("BEGIN", "END")]
    )
    data = inputs.xml(dice, begin.encode(), end.encode(), dice.choice([0, 1, 3, 10, 40]))
    # Hadoop would look for the marks in what is packed.
    draft.lay_input({"x.xml": data}, packed=False)
    words = ["StreamXmlRecordReader", f"begin={begin}", f"end={end}"]
    if draft.chance(0.3):
        words.append("slowmatch=true")
    if draft.chance(0.1):
        words.append("maxrec=200")
    draft.option("-inputreader", ",".join(words))


def mapper(draft: Draft, *, kv: bool) -> None:
    """A mapper of text."""
    ours = {"tokens.py": 2, "hostile.py": 2, "counters.py": 1}
    plain = {
        "cat": 5,
        "tr a-m n-z": 1,
        "sed -e s/a/b/g": 1,
        "cut -f1": 1,
        "sed 's/ /\t/'": 1,
        "wc -l": 1,
        "head -n 1": 0.3,
        "true": 0.3,
        "printf 'b\\nc\\td\\r\\na'": 0.3,
        "/bin/cat": 0.3,
        "sort": 0.3,
    }
    if kv:
        plain |= {"": 1, LIB + "IdentityMapper": 1}
    if "big input" in draft.features:
        # More than the pipe holds: who does not read it gets a job that may or may not fail.
        for lazy in ("head -n 1", "true", "printf 'b\\nc\\td\\r\\na'"):
            del plain[lazy]
    choices = {**ours, **plain}
    (command,) = draft.dice.choices(list(choices), list(choices.values()))
    draft.features.add(f"mapper {command}")
    if command:
        draft.option("-mapper", draft.ship(command) if command in ours else command)


def separators(draft: Draft) -> tuple[str, str, int]:
    """Separators and key fields around the shuffle; returns those of the reducer."""
    dice = draft.dice
    if draft.chance(0.35):
        draft.set("stream.map.output.field.separator", dice.choice(SEPARATORS))
    if draft.chance(0.25):
        draft.set("stream.num.map.output.key.fields", str(dice.choice([1, 2, 2, 3, 0])))
    inward = outward = "\t"
    fields = 1
    if draft.chance(0.2):
        inward = dice.choice(SEPARATORS)
        draft.set("stream.reduce.input.field.separator", inward)
    if draft.chance(0.2):
        outward = dice.choice([*SEPARATORS, inward])
        draft.set("stream.reduce.output.field.separator", outward)
    if draft.chance(0.15):
        fields = dice.choice([1, 2, 3])
        draft.set("stream.num.reduce.output.key.fields", str(fields))
    return inward, outward, fields


def reducer(draft: Draft, inward: str, outward: str, fields: int) -> None:
    """A reducer of text, a combiner that suits it, and the order they give."""
    dice = draft.dice
    ours = ["settle.py", "settle.py"]
    plain = ["cat", "cat", "", LIB + "IdentityReducer", "wc -l", "tr a-m N-Z", "head -n 2"]
    if inward == "\t":
        ours += ["group.py", "sum.py", "sum.py", "distinct.py"]
    command = dice.choice([*ours, *plain, "counters.py"])
    if command == "head -n 2" and draft.features & {"big input", "hostile.py"}:
        command = "cat"
    draft.features.add(f"reducer {command}")
    if command == "settle.py":
        draft.option("-reducer", draft.ship(command, *([] if inward == "\t" else [inward])))
    elif command:
        known = command in SOURCES
        draft.option("-reducer", draft.ship(command) if known else command)
    if command in ("", LIB + "IdentityReducer"):
        draft.order = Order("settled", b"")
    elif command == "head -n 2":
        draft.order = Order("nothing")
        draft.loose_counters.update(_AFTER_REDUCE)
    elif command in ("cat", "counters.py", "tr a-m N-Z"):
        same = inward == outward and fields == 1 and not (command[0] == "t" and inward.isalpha())
        draft.order = Order("settled" if same else "lines", b"")
        draft.loose_counters.update(() if same else _AFTER_REDUCE)
    # A combiner that gives other keys than it was given would leave them in no order.
    keeps_keys = (inward, outward, fields) == ("\t", "\t", 1) and not draft.features & {
        "stream.map.output.field.separator",
        "stream.num.map.output.key.fields",
    }
    if keeps_keys and draft.chance(0.3):
        combiners = {"sum.py": ["sum.py"], "distinct.py": ["distinct.py"]}
        combiner = dice.choice([*combiners.get(command, []), "cat", LIB + "IdentityReducer"])
        draft.features.add(f"combiner {combiner}")
        draft.option("-combiner", draft.ship(combiner) if combiner in SOURCES else combiner)


SERIALIZED = ("Map output bytes", "Map output materialized bytes", "Reduce shuffle bytes")
_AFTER_REDUCE = ("Bytes Written",)


def reduces(draft: Draft) -> None:
    """One reduce or more."""
    number = draft.dice.choice([None, None, 1, 2, 3, 4, 11])
    if number is None:
        return
    draft.features.add(f"reduces {number}")
    if draft.chance(0.4):
        draft.option("-numReduceTasks", str(number))
    else:
        draft.set("mapreduce.job.reduces", str(number))


def no_reduces(draft: Draft) -> None:
    way = draft.dice.randrange(3)
    draft.features.add("reduces 0")
    if way == 0:
        draft.option("-numReduceTasks", "0")
    elif way == 1:
        draft.option("-reducer", "NONE")
    else:
        draft.set("mapreduce.job.reduces", "0")


def partition_by_fields(draft: Draft, separator: str | None) -> None:
    """KeyFieldBasedPartitioner, with options mostly."""
    if draft.chance(0.6):
        draft.option("-partitioner", LIB + "KeyFieldBasedPartitioner")
    else:
        draft.generic.append(["-D", f"mapred.partitioner.class={LIB}KeyFieldBasedPartitioner"])
    if separator is not None and draft.chance(0.7):
        draft.set("mapreduce.map.output.key.field.separator", separator)
    if draft.chance(0.85):
        keys = [_key(draft, "") for _ in range(draft.dice.choice([1, 1, 2]))]
        draft.set("mapreduce.partition.keypartitioner.options", " ".join(keys))
    if draft.chance(0.1):
        draft.set("num.key.fields.for.partition", str(draft.dice.randint(1, 3)))


def _key(draft: Draft, flags: str) -> str:
    """A ``-k``."""
    dice = draft.dice
    start = dice.randint(1, 3)
    text = f"-k{dice.choice(['', '', ' '])}{start}"
    if draft.chance(0.3):
        text += f".{dice.randint(1, 3)}"
    text += dice.choice(["", flags])
    if draft.chance(0.7):
        text += f",{start + dice.choice([0, 0, 1, 2])}"
        if draft.chance(0.3):
            text += f".{dice.randint(0, 4)}"
        text += dice.choice(["", flags])
    return text


def order_options(draft: Draft) -> str:
    """Options of KeyFieldBasedComparator."""
    dice = draft.dice
    if draft.chance(0.25):
        return dice.choice(["-n", "-r", "-nr", "-rn", "-n -r", "-nr -n", "", "-x", "-N"])
    flags = ["", "n", "r", "nr", "n"]
    words = [_key(draft, dice.choice(flags)) for _ in range(dice.choice([1, 1, 2, 3]))]
    if draft.chance(0.2):
        words.insert(dice.randrange(len(words) + 1), dice.choice(["-n", "-r", "-nr", "-rn"]))
    return " ".join(words)


def writing(draft: Draft, *, separator: bool = True) -> None:
    """Draw the format of the output."""
    dice = draft.dice
    draft.output()
    written = "\t"
    if separator and draft.chance(0.15):
        written = dice.choice(SEPARATORS)
        draft.set("mapreduce.output.textoutputformat.separator", written)
    if draft.order == Order("settled", b""):
        draft.order = Order("settled", written.encode())
    if draft.chance(0.12):
        draft.set("mapreduce.output.fileoutputformat.compress", "true")
        draft.loose_counters.add("Bytes Written")
        if draft.chance(0.8):
            codec = IO + "compress." + dice.choice(_CODECS)
            draft.set("mapreduce.output.fileoutputformat.compress.codec", codec)
    if draft.chance(0.05):
        draft.set("mapreduce.map.output.compress", "true")
        draft.loose_counters.update(("Reduce shuffle bytes", "Map output materialized bytes"))
    if draft.chance(0.08):
        draft.option("-lazyOutput")
    elif draft.chance(0.04):
        draft.option("-outputformat", LIB + "NullOutputFormat")
    elif draft.chance(0.06):
        name = dice.choice(["lib.MultipleTextOutputFormat", "TextOutputFormat"])
        draft.option("-outputformat", "org.apache.hadoop.mapred." + name)
    if draft.chance(0.04):
        draft.set("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")


def text_pairs(draft: Draft, value: str) -> None:
    draft.set("mapreduce.job.output.key.class", IO + "Text")
    draft.set("mapreduce.job.output.value.class", IO + value)
