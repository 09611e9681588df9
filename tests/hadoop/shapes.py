"""The shapes of random jobs. Each function completes a draft."""

from __future__ import annotations

import io
import tarfile
import zipfile

from tests.hadoop import pieces
from tests.hadoop.draft import Draft, Order
from tests.hadoop.pieces import IO, LIB, SEPARATORS


def lines(draft: Draft) -> None:
    """Text through a mapper and a reducer, with all kinds of separators."""
    kv = pieces.reading(draft)
    pieces.mapper(draft, kv=kv)
    separators = pieces.separators(draft)
    pieces.reduces(draft)
    if draft.chance(0.2):
        pieces.partition_by_fields(draft, draft.dice.choice(SEPARATORS))
    pieces.reducer(draft, *separators)
    pieces.writing(draft)


def map_only(draft: Draft) -> None:
    """No reduce: the output is that of the mappers."""
    kv = pieces.reading(draft)
    pieces.mapper(draft, kv=kv)
    if draft.chance(0.3):
        draft.set("stream.map.output.field.separator", draft.dice.choice(SEPARATORS))
    if draft.chance(0.3):
        draft.set("stream.num.map.output.key.fields", str(draft.dice.randint(1, 3)))
    pieces.no_reduces(draft)
    pieces.writing(draft)


def by_fields(draft: Draft) -> None:
    """Keys of several fields: KeyFieldBasedComparator and KeyFieldBasedPartitioner."""
    dice = draft.dice
    draft.text_input(simple=True)
    separator = dice.choice(["\t", ".", ",", ":", "::"])
    count = dice.randint(1, 4)
    draft.option(
        "-mapper", draft.ship("fields.py", separator, str(count), dice.choice(["all", "numbers"]))
    )
    key_fields = count if separator == "\t" else 1
    if key_fields > 1:
        draft.set("stream.num.map.output.key.fields", str(key_fields))
    if separator != "\t" or draft.chance(0.2):
        draft.set("mapreduce.map.output.key.field.separator", separator)
    pieces.reduces(draft)
    if draft.chance(0.6):
        pieces.partition_by_fields(draft, None)
    if draft.chance(0.8):
        package = dice.choice([LIB, "org.apache.hadoop.mapreduce.lib.partition."])
        draft.set("mapreduce.job.output.key.comparator.class", package + "KeyFieldBasedComparator")
        options = pieces.order_options(draft)
        draft.set("mapreduce.partition.keycomparator.options", options)
        draft.order = Order("fields", separator.encode(), key_fields, options)
        draft.loose_counters.add("Reduce input groups")
        if draft.chance(0.1):
            # This has no effect: Hadoop compares whole keys when it forms groups.
            name = "mapreduce.job.output.group.comparator.class"
            draft.set(name, package + "KeyFieldBasedComparator")
    else:
        draft.order = Order("settled", b"\t")
    reducer = dice.choice(["cat", "cat", None, LIB + "IdentityReducer"])
    if reducer is not None:
        draft.option("-reducer", reducer)
    pieces.writing(draft, separator=False)


def raw_bytes(draft: Draft) -> None:
    """Mappers that write rawbytes."""
    dice = draft.dice
    draft.text_input(simple=True)
    draft.set("stream.map.output", dice.choice(["rawbytes", "RawBytes"]))
    mapper = draft.ship("to_raw.py")
    draft.option("-mapper", mapper)
    end = dice.choice(["raw", "raw", "raw to raw", "text", "none", "map only"])
    draft.features.add(f"rawbytes, {end}")
    if end == "map only":
        pieces.no_reduces(draft)
    else:
        pieces.reduces(draft)
    if end == "raw":
        draft.set("stream.reduce.input", "rawbytes")
        draft.option("-reducer", draft.ship("from_raw.py"))
    elif end == "raw to raw":
        draft.set("stream.reduce.input", "rawbytes")
        draft.set("stream.reduce.output", "rawbytes")
        draft.option("-reducer", "cat")
        draft.order = Order("settled")
        if draft.chance(0.4):
            draft.option("-combiner", "cat")
    elif end == "text":
        draft.option("-reducer", "cat")
        draft.order = Order("settled")
    elif end == "none":
        draft.order = Order("settled")
    if end != "map only" and draft.chance(0.15):
        pieces.partition_by_fields(draft, draft.dice.choice([" ", "0", "2"]))
    pieces.writing(draft, separator=False)


def typed_bytes(draft: Draft) -> None:
    """Mappers that write typedbytes."""
    dice = draft.dice
    draft.text_input(simple=True)
    draft.set("stream.map.output", "typedbytes")
    draft.option("-mapper", draft.ship("to_typed.py", dice.choice(["all", "plain"])))
    end = dice.choice(["typed", "typed", "typed to typed", "text", "none", "map only"])
    draft.features.add(f"typedbytes, {end}")
    if end == "map only":
        pieces.no_reduces(draft)
    else:
        pieces.reduces(draft)
    if end == "typed":
        draft.set("stream.reduce.input", "typedbytes")
        draft.option("-reducer", draft.ship("from_typed.py"))
    elif end == "typed to typed":
        draft.set("stream.reduce.input", "typedbytes")
        draft.set("stream.reduce.output", "typedbytes")
        draft.option("-reducer", "cat")
        draft.order = Order("settled")
        if draft.chance(0.4):
            draft.option("-combiner", "cat")
    elif end in ("text", "none"):
        # Different keys may look alike as text, so a key's lines may be in several places.
        draft.order = Order("lines" if end == "text" else "settled")
        if end == "text":
            draft.option("-reducer", "cat")
    if end != "map only" and draft.chance(0.15):
        pieces.partition_by_fields(draft, draft.dice.choice(["a", ",", "1"]))
    pieces.writing(draft, separator=False)


def one_io(draft: Draft) -> None:
    """``-io``: one way for all four edges."""
    draft.text_input(simple=True)
    kind = draft.dice.choice(["text", "keyonlytext", "rawbytes", "typedbytes", "nonsense"])
    draft.option("-io", kind)
    draft.features.add(f"-io {kind}")
    draft.option("-mapper", "cat")
    draft.option("-reducer", "cat")
    pieces.reduces(draft)
    draft.order = Order("settled")
    pieces.writing(draft, separator=False)


def aggregate(draft: Draft) -> None:
    """The reducer ``aggregate``."""
    draft.text_input(simple=True)
    draft.option("-mapper", draft.ship("aggregate.py"))
    draft.option("-reducer", draft.dice.choice(["aggregate", "Aggregate"]))
    pieces.reduces(draft)
    pieces.writing(draft)


def library(draft: Draft) -> None:
    """Mappers and reducers out of Hadoop's own library."""
    dice = draft.dice
    kind = dice.choice(["tokens", "regex", "inverse", "fields", "identity", "token text"])
    draft.features.add(f"library, {kind}")
    if kind in ("inverse", "identity"):
        draft.text_input(simple=True)
        draft.option("-inputformat", "KeyValueTextInputFormat")
        if kind == "inverse" or draft.chance(0.5):
            name = "InverseMapper" if kind == "inverse" else "IdentityMapper"
            draft.option("-mapper", LIB + name)
        pieces.text_pairs(draft, "Text")
        pieces.reducer(draft, "\t", "\t", 1)
    elif kind == "fields":
        _field_selection(draft)
    else:
        draft.text_input(simple=True)
        draft.option("-mapper", LIB + ("RegexMapper" if kind == "regex" else "TokenCountMapper"))
        if kind == "regex":
            draft.set("mapreduce.mapper.regex", dice.choice(["[a-z]+", "a(b?)", "\\d+", "."]))
            if draft.chance(0.3):
                draft.set("mapreduce.mapper.regexmapper..group", "0")
        if kind == "token text":
            draft.set("mapreduce.map.output.value.class", IO + "LongWritable")
            draft.option("-reducer", draft.ship("sum.py"))
        else:
            pieces.text_pairs(draft, "LongWritable")
            draft.option("-reducer", LIB + "LongSumReducer")
            if draft.chance(0.5):
                draft.option("-combiner", LIB + "LongSumReducer")
    pieces.reduces(draft)
    pieces.writing(draft, separator=kind != "identity" and kind != "inverse")


def environment(draft: Draft) -> None:
    """The job shows the environment of its programs."""
    dice = draft.dice
    draft.text_input(simple=True, ordered=True)
    names = dice.sample(
        [
            "mapreduce_task_partition",
            "mapred_task_partition",
            "mapreduce_task_ismap",
            "mapred_task_is_map",
            "mapreduce_job_reduces",
            "mapreduce_map_input_start",
            "mapreduce_map_input_length",
            "mapreduce_map_input_file",
            "map_input_file",
            "mapreduce_job_name",
            "my_prop",
            "my_other_prop",
            "MINE",
            "stream_num_map_output_key_fields",
            "mapreduce_task_output_dir_",
            "HADOOP_ROOT_LOGGER",
        ],
        8,
    )
    draft.set("my.prop", dice.choice(["x", "long" * 50, "a=b", "${my.other-prop}!", "é", " s p "]))
    draft.set("my.other-prop", dice.choice(["y", "${my.unknown}", "0"]))
    draft.set("mapreduce.job.name", "some name")
    if draft.chance(0.3):
        draft.set("stream.jobconf.truncate.limit", "5")
    draft.option("-cmdenv", "MINE=" + dice.choice(["m", "two words", "a=b", ""]))
    if draft.chance(0.3):
        draft.option("-cmdenv", "EXAMPLE_DIR=/home/example/dictionaries/")
    command = draft.ship("environment.py", *names)
    if draft.chance(0.5):
        draft.option("-mapper", command)
        pieces.no_reduces(draft)
    else:
        draft.option("-mapper", "cat")
        draft.option("-reducer", command)
        pieces.reduces(draft)
    draft.output()


def arguments(draft: Draft) -> None:
    """The job has quoted commands, and ships files and archives."""
    dice = draft.dice
    draft.text_input(simple=True)
    pieces.no_reduces(draft)
    draft.output()
    if draft.chance(0.5):
        words = ["a", "b c", "'x y'", '"z"', "''", " ", "  ", "\\", "*", "$HOME", "|", "é", "~"]
        words += ["'", '"', '"it\'s"', "\t", "-n", ">f", "`ls`", "'\"'", "%41", "+", "%"]
        command = "".join(dice.choices([*words, " "], k=dice.randrange(9)))
        draft.option("-mapper", draft.ship("arguments.py") + " " + command)
        return
    place = dice.choice(["side.txt", "data/side.txt", "link", "zip", "tgz", "jar"])
    draft.features.add(f"shipped as {place}")
    text = b"word\n"
    if place in ("zip", "jar", "tgz"):
        name = f"pack.{place}"
        # Not beside the input: the local runner makes its links there.
        draft.files[f"shelf/{name}"] = _archive(place, {"d/side.txt": text})
        link = dice.choice(["", "#lib"])
        draft.generic.append(["-archives", f"shelf/{name}{link}"])
        draft.option("-mapper", draft.ship("side.sh", (link[1:] or name) + "/d/side.txt"))
        # Not by -file: the local runner would unpack what is in the job's jar.
    elif place == "link":
        draft.files["data/side.txt"] = text
        draft.shipped.append("data/side.txt#alias")
        draft.option("-mapper", draft.ship("side.sh", "alias"))
    else:
        draft.files[place] = text
        draft.shipped.append(place)
        draft.option("-mapper", draft.ship("side.sh", "side.txt"))


def _field_selection(draft: Draft) -> None:
    dice = draft.dice
    draft.text_input(simple=True)
    if draft.chance(0.7):
        draft.set(
            "mapreduce.fieldsel.data.field.separator", dice.choice([",", "::", "\\.", " +", "#"])
        )
    specs = ["0:", "2,0:1-", "0,1:2", "1-2:0-", "0-:", ":0-", "1:0", "5:0,3-"]
    draft.set("mapreduce.fieldsel.map.output.key.value.fields.spec", dice.choice(specs))
    draft.set("mapreduce.map.output.key.class", IO + "Text")
    draft.set("mapreduce.map.output.value.class", IO + "Text")
    draft.option("-mapper", LIB + "FieldSelectionMapReduce")
    if draft.chance(0.5):
        draft.option("-reducer", "cat")
    else:
        pieces.text_pairs(draft, "Text")
        spec = dice.choice(specs)
        draft.set("mapreduce.fieldsel.reduce.output.key.value.fields.spec", spec)
        if spec == "0-:":
            # No key and no value: Hadoop counts what it does not write.
            draft.loose_counters.add("Reduce output records")
        draft.option("-reducer", LIB + "FieldSelectionMapReduce")
    draft.order = Order("lines")


def _archive(kind: str, files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    if kind == "tgz":
        with tarfile.open(fileobj=target, mode="w:gz") as tar:
            for name, data in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
    else:
        with zipfile.ZipFile(target, "w") as archive:
            for name, data in files.items():
                archive.writestr(zipfile.ZipInfo(name), data)
    return target.getvalue()
