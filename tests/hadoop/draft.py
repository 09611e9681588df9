"""A job while it is being made up: its files, its options, its input."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from xml.sax.saxutils import escape

from tests.hadoop import inputs
from tests.hadoop.outcome import OUTPUT
from tests.hadoop.programs import SOURCES

#: Names of Hadoop 1 for properties that the jobs set.
_OLD_NAMES = {
    "mapreduce.job.reduces": "mapred.reduce.tasks",
    "mapreduce.job.maps": "mapred.map.tasks",
    "mapreduce.map.output.key.field.separator": "map.output.key.field.separator",
    "mapreduce.partition.keypartitioner.options": "mapred.text.key.partitioner.options",
    "mapreduce.partition.keycomparator.options": "mapred.text.key.comparator.options",
    "mapreduce.job.output.key.comparator.class": "mapred.output.key.comparator.class",
    "mapreduce.output.textoutputformat.separator": "mapred.textoutputformat.separator",
    "mapreduce.output.fileoutputformat.compress": "mapred.output.compress",
    "mapreduce.output.fileoutputformat.compress.codec": "mapred.output.compression.codec",
    "mapreduce.map.output.compress": "mapred.compress.map.output",
    "mapreduce.input.lineinputformat.linespermap": "mapred.line.input.format.linespermap",
    "mapreduce.input.keyvaluelinerecordreader.key.value.separator": (
        "key.value.separator.in.input.line"
    ),
    "mapreduce.input.fileinputformat.split.minsize": "mapred.min.split.size",
    "mapreduce.input.fileinputformat.input.dir.recursive": "mapred.input.dir.recursive",
    "mapreduce.fieldsel.data.field.separator": "mapred.data.field.separator",
    "mapreduce.fieldsel.map.output.key.value.fields.spec": "map.output.key.value.fields.spec",
    "mapreduce.fieldsel.reduce.output.key.value.fields.spec": (
        "reduce.output.key.value.fields.spec"
    ),
    "mapreduce.job.output.key.class": "mapred.output.key.class",
    "mapreduce.job.output.value.class": "mapred.output.value.class",
    "mapreduce.map.output.value.class": "mapred.mapoutput.value.class",
    "mapreduce.mapper.regex": "mapred.mapper.regex",
    "mapreduce.job.name": "mapred.job.name",
    "mapreduce.map.maxattempts": "mapred.map.max.attempts",
    "mapreduce.reduce.maxattempts": "mapred.reduce.max.attempts",
}


#: Options of which the first one counts.
_ONCE = {"-mapper", "-reducer", "-output", "-combiner", "-numReduceTasks", "-partitioner"}
#: Options that change nothing.
_HARMLESS = [
    ["-verbose"],
    ["-debug"],
    ["-mapdebug", "no-such-program"],
    ["-reducedebug", "no-such-program"],
    ["-cmdenv", "SOME=thing"],
    ["-jobconf", "some.thing=else"],
    ["-dfs", "file:///"],
]


@dataclass(frozen=True)
class Order:
    """The degree to which the order of the lines in a part is determined.

    ``exact``: to the byte. ``settled``: lines whose keys (up to *separator*) are equal may change
    places. ``fields``: so may lines whose keys (up to the *fields*-th separator) are equal under
    the options of KeyFieldBasedComparator. ``lines``: the same lines in any order.
    """

    kind: str = "exact"
    separator: bytes = b"\t"
    fields: int = 1
    options: str = ""


@dataclass
class Draft:
    """The parts of a job to be."""

    dice: Random
    files: dict[str, bytes] = field(default_factory=dict)
    generic: list[list[str]] = field(default_factory=list)
    streaming: list[list[str]] = field(default_factory=list)
    shipped: list[str] = field(default_factory=list)
    order: Order = Order()
    features: set[str] = field(default_factory=set)
    loose_counters: set[str] = field(default_factory=set)
    #: True if its options may be typed in other ways.
    dressed: bool = True
    _conf: dict[str, str] = field(default_factory=dict)

    def chance(self, probability: float) -> bool:
        """True with some chance, by the dice."""
        return self.dice.random() < probability

    def option(self, *words: str) -> None:
        """An option of streaming."""
        self.streaming.append(list(words))
        self.features.add(words[0])

    def set(self, name: str, value: str) -> None:
        """A property, under one of its names, by one of the ways to set it."""
        self.features.add(name)
        if name in _OLD_NAMES and self.chance(0.25):
            self.features.add("old name")
            name = _OLD_NAMES[name]
        way = self.dice.random()
        if self.chance(0.03):
            self.features.add("a value by its name")
            self.generic.append(["-D", f"my.{name}={value}"])
            value = f"${{my.{name}}}"
        if way < 0.04:
            # The last one counts.
            self.features.add("property twice")
            self.generic.append(["-D", f"{name}=wrong", "-D", f"{name}={value}"])
        elif way < 0.8:
            self.generic.append(["-D", f"{name}={value}"])
        elif way < 0.87:
            self.generic.append([f"-D{name}={value}"])
        elif way < 0.94:
            self._conf[name] = value
        else:
            self.option("-jobconf", f"{name}={value}")

    def ship(self, program: str, *args: str) -> str:
        """The command that runs one of our *program*s, which is shipped."""
        self.files[program] = SOURCES[program]
        self.shipped.append(program)
        self.features.add(program)
        words = [program, *args]
        if program.endswith(".py") and self.chance(0.1):
            words.insert(0, "python3")
        elif self.chance(0.1):
            words[0] = "./" + program
        return " ".join(words)

    def arguments(self) -> list[str]:
        """The whole command line."""
        self.set("mapreduce.job.maps", "1")
        if self._conf:
            entries = "".join(
                f"<property><name>{escape(n)}</name><value>{escape(v)}</value></property>"
                for n, v in self._conf.items()
            )
            self.files["site.xml"] = f"<configuration>{entries}</configuration>".encode()
            self.generic.append(["-conf", "site.xml"])
            self.features.add("-conf")
        if self.shipped:
            names = sorted(set(self.shipped))
            # The links of -file have the names of their files.
            if self.chance(0.85) or any("#" in name for name in names):
                self.generic.append(["-files", ",".join(names)])
            else:
                self.option("-file", *names)
        # Old and new names of one property must not change places: the order would decide.
        self.dice.shuffle(self.generic)
        self.dice.shuffle(self.streaming)
        if self.dressed:
            self._dress()
        return [word for words in self.generic + self.streaming for word in words]

    def _dress(self) -> None:
        """Other ways to type the same."""
        if self.chance(0.05):
            self.features.add("options twice")
            twice = [words for words in self.streaming if words[0] in _ONCE]
            for words in self.dice.sample(twice, min(1, len(twice))):
                words += [words[0], "of no use"]  # the first one counts
        if self.chance(0.05):
            self.features.add("two dashes")
            for words in self.streaming:
                words[0] = "-" + words[0]
        if self.chance(0.05):
            more = self.dice.choice(_HARMLESS)
            self.features.add(f"harmless {more[0]}")
            self.streaming.insert(self.dice.randrange(len(self.streaming) + 1), more)
        if self.chance(0.03):
            self.generic.insert(0, [self.dice.choice(["streamjob", "StreamJob"])])

    def output(self) -> None:
        """Draw the directory of the output."""
        self.option("-output", OUTPUT)

    # The input.

    def text_input(
        self, *, simple: bool = False, packed: bool = True, ordered: bool = False
    ) -> None:
        """Files of lines, named somehow, cut into splits somehow.

        *simple*: no big ones. *packed*: some compressed. *ordered*: map numbers have a meaning.
        """
        files = {
            f"{name}.txt": inputs.text(self.dice, inputs.size(self.dice))
            for name in self.dice.sample(["a", "b", "c1", "d"], self.dice.choice([1, 1, 1, 2, 3]))
        }
        if not simple and self.chance(0.12):
            files["big.txt"] = inputs.text(self.dice, 3000)
            self.features.add("big input")
        self.lay_input(files, packed=packed, ordered=ordered)

    def lay_input(
        self, files: dict[str, bytes], *, packed: bool = True, ordered: bool = False
    ) -> None:
        """Name *files* in -input."""
        lengths: set[int] = set()
        for name in files:
            # The longest file is the first map: no two should be equally long.
            while len(files[name]) in lengths:
                files[name] += b"longer\tby a line\n"
            lengths.add(len(files[name]))
        total = sum(lengths)
        if packed and self.chance(0.15):
            files = dict(inputs.compressed(self.dice, n, d) for n, d in files.items())
            self.features.add("compressed input")
        elif self.chance(0.3):
            size = max(total // self.dice.randint(1, 6), 1)
            self.cut_input(size)
            if any(len(line) > size for data in files.values() for line in data.split(b"\n")):
                self.features.add("lines longer than splits")
            if self.chance(0.2):
                self.set("mapreduce.input.fileinputformat.split.minsize", str(total // 3))
        self._name_input(files, ordered)

    def cut_input(self, size: int) -> None:
        """Set the size of blocks; where -jobconf is read the file system is open already."""
        self.generic.append(["-D", f"fs.local.block.size={size}"])
        self.features.add("fs.local.block.size")

    def _name_input(self, files: dict[str, bytes], ordered: bool) -> None:
        ways = ["names", "names", "list", "glob", "braces", "twice", "odd names"]
        way = self.dice.choice(ways if ordered and len(files) > 1 else [*ways, "directory"])
        self.features.add(f"input by {way}")
        if way == "odd names":
            ways = ["{}", "./{}", "deep//{}", "deep/../deep/{}", "a b {}", "deep/é%41+{}", "x={}&"]
            for name, data in files.items():
                path = self.dice.choice(ways).format(name)
                # Its codec is that of its end.
                path = path.rstrip("&") if "compressed input" in self.features else path
                self.files[path] = data
                self.option("-input", path)
            return
        if way in ("names", "list", "twice"):
            self.files.update(files)
            names = list(files) * (2 if way == "twice" else 1)
            if way == "list":
                self.option("-input", ",".join(names))
            elif self.chance(0.3):
                self.option("-input", *names)
            else:
                for name in names:
                    self.option("-input", name)
            return
        self.files.update({f"in/{name}": data for name, data in files.items()})
        self.files.update({"in/_hidden": b"hidden\n", "in/.hidden": b"hidden\n"})
        if way == "directory":
            deep = self.chance(0.2) and not ordered
            if deep:
                self.set("mapreduce.input.fileinputformat.input.dir.recursive", "true")
                self.files["in/deep/er/x.txt"] = b"deep\tdown\n"
            self.option("-input", "in")
            if len(files) + deep > 1:
                # A local directory has no order, and it decides which map gets which number.
                self.features.add("unordered maps")
        elif way == "glob":
            self.option("-input", self.dice.choice(["in/*", "in/[a-z]*", "i?/*.*", "in/[^_.]*"]))
        else:
            self.option("-input", "in/{" + ",".join(files) + "}")
