"""More of what random jobs are about: the rarer ways in and out."""

from __future__ import annotations

from tests.hadoop import pieces
from tests.hadoop.draft import Draft, Order
from tests.hadoop.pieces import IO, LIB

_PIPES = ["text", "keyonlytext", "rawbytes", "typedbytes"]


def mixed_io(draft: Draft) -> None:
    """Another way to write pairs at each edge."""
    dice = draft.dice
    draft.text_input(simple=True)
    edges = {}
    for edge in ("map.input", "map.output", "reduce.input", "reduce.output"):
        edges[edge] = dice.choice(_PIPES)
        if edges[edge] != "text" or draft.chance(0.3):
            spelled = dice.choice([edges[edge], edges[edge], edges[edge].upper()])
            draft.set(f"stream.{edge}", spelled)
    if draft.chance(0.5):
        draft.option("-inputformat", "KeyValueTextInputFormat")
    elif edges["map.input"] in ("rawbytes", "typedbytes") or draft.chance(0.3):
        draft.set("stream.map.input.ignoreKey", "false")
    draft.option("-mapper", draft.ship("convert.py", edges["map.input"], edges["map.output"]))
    if draft.chance(0.15):
        pieces.no_reduces(draft)
    else:
        words = [edges["reduce.input"], edges["reduce.output"]]
        if edges["map.output"].endswith("bytes") and words[0].endswith("text"):
            # Bytes are written as they are, so one of them may end a line.
            words.append("sorted")
        draft.option("-reducer", draft.ship("convert.py", *words))
        pieces.reduces(draft)
    pieces.writing(draft)


def numbers(draft: Draft) -> None:
    """Keys that are numbers: offsets of lines, which no command sees."""
    dice = draft.dice
    draft.text_input(simple=True)
    if draft.chance(0.5):
        draft.option("-mapper", LIB + "IdentityMapper")
    if draft.chance(0.5):
        draft.option("-reducer", LIB + "IdentityReducer")
    if draft.chance(0.3):
        name = dice.choice(["Comparator", "DecreasingComparator"])
        draft.set("mapreduce.job.output.key.comparator.class", f"{IO}LongWritable${name}")
    pieces.reduces(draft)
    draft.order = Order("settled", b"")
    pieces.writing(draft)


def combined_input(draft: Draft) -> None:
    """CombineTextInputFormat."""
    dice = draft.dice
    draft.text_input(simple=True, packed=False)
    draft.option("-inputformat", LIB + "CombineTextInputFormat")
    if draft.chance(0.7):
        size = dice.choice([1 << 20, 100, 1000, 5000])
        draft.set("mapreduce.input.fileinputformat.split.maxsize", str(size))
    draft.set("stream.map.input.ignoreKey", "true")
    draft.option("-mapper", "cat")
    draft.option("-reducer", draft.ship("settle.py"))
    pieces.reduces(draft)
    # The number of maps depends on the blocks of a local file.
    draft.loose_counters.update((*pieces.SERIALIZED, "Shuffled Maps ", "Merged Map outputs"))
    pieces.writing(draft)


def side_files(draft: Draft) -> None:
    """Files that tasks leave beside their output."""
    draft.text_input(simple=True, ordered=True)
    command = draft.ship("side_file.py")
    if draft.chance(0.5):
        draft.option("-mapper", command)
        pieces.no_reduces(draft)
    else:
        draft.option("-mapper", "cat")
        draft.option("-reducer", command)
        pieces.reduces(draft)
        draft.order = Order("settled", b"")
    pieces.writing(draft)


def no_maps(draft: Draft) -> None:
    """An input directory without a file that counts."""
    draft.files.update({"in/_hidden": b"hidden\n", "in/.also": b"hidden\n"})
    draft.option("-input", draft.dice.choice(["in", "in/"]))
    draft.option("-mapper", "cat")
    if draft.chance(0.3):
        pieces.no_reduces(draft)
    else:
        draft.option("-reducer", "wc -l")
        pieces.reduces(draft)
    pieces.writing(draft)


def prefixed(draft: Draft) -> None:
    """Counters behind another prefix."""
    draft.text_input(simple=True)
    prefix = draft.dice.choice(["tell:", "r", "reporter:", "Ü "])
    draft.set("stream.stderr.reporter.prefix", prefix)
    said = draft.dice.choice([prefix, "reporter:"])
    draft.option("-mapper", draft.ship("counters.py", f'"{said}"'))
    draft.option("-reducer", draft.ship("settle.py"))
    pieces.reduces(draft)
    pieces.writing(draft)
