"""Streaming options: what they mean, what is refused, in which words and with which status."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hadoopless.java.values import split_paths
from hadoopless.streaming.exits import StreamingExit
from hadoopless.streaming.main import tool_of
from hadoopless.streaming.options.job import parse_request
from hadoopless.streaming.request import CommandOrClass, Request, Shipped
from tests.oracle import REPOSITORY

MAPRED = "org.apache.hadoop.mapred"
LIB = f"{MAPRED}.lib"
STREAMING = "org.apache.hadoop.streaming"

TRY_HELP = "Try -help for more information"
FAILED = "Streaming Command Failed!"
XML = "-inputreader StreamXmlRecordReader"
INPUTS = "mapreduce.input.fileinputformat.inputdir"
NEEDED = ("-input", "in.txt", "-output", "out")


def parse(*words: str, cwd: Path | str = "/work", **environ: str) -> Request:
    return parse_request(words, {"USER": "me", **environ}, str(cwd))


def refused(*words: str, cwd: Path | str = "/work") -> tuple[int, tuple[str, ...], list[str]]:
    with pytest.raises(StreamingExit) as caught:
        parse(*words, cwd=cwd)
    end = caught.value
    lines = [f"{line.level}: {line.text}" if line.level else line.text for line in end.stderr]
    return end.code, end.stdout, lines


def test_the_least_that_is_needed():
    request = parse(*NEEDED)
    assert request.configuration.get(INPUTS) == "file:/work/in.txt"
    assert request.output == "out"
    assert (request.mapper, request.combiner, request.reducer) == (None, None, None)
    assert (request.num_reduces, request.map_only, request.partitioner) == (1, False, None)
    assert request.input_format == "org.apache.hadoop.mapred.TextInputFormat"
    assert request.output_format == "org.apache.hadoop.mapred.TextOutputFormat"
    assert (request.files, request.archives, request.jars) == ((), (), ())
    assert request.cmdenv == (("HADOOP_ROOT_LOGGER", ""),)
    assert (request.stdout, request.notices) == ((), ())


@pytest.mark.parametrize(
    ("directory", "source", "target"),
    [
        ("w", "file:/work/w/in.txt", "w/out"),
        ("/w/", "file:/w/in.txt", "/w/out"),
        ("file:/w/x/../v", "file:/w/v/in.txt", "file:/w/v/out"),
        ("hdfs://nn:8020/w", "hdfs://nn:8020/w/in.txt", "hdfs://nn:8020/w/out"),
        ("${user.name}", "file:/work/me/in.txt", "me/out"),
    ],
)
def test_relative_paths_are_in_the_working_directory_of_the_job(directory, source, target):
    for name in ("mapreduce.job.working.dir", "mapred.working.dir"):
        request = parse("-D", f"{name}={directory}", *NEEDED)
        assert request.configuration.get(INPUTS) == source
        assert request.output == target


def test_absolute_paths_are_where_they_say():
    words = ("-D", "mapreduce.job.working.dir=hdfs://nn/w", "-input", "/a", "file:/b")
    request = parse(*words, "-output", "/out")
    assert request.configuration.get(INPUTS) == "hdfs://nn/a,file:/b"
    assert request.output == "hdfs://nn/out"


def test_options_come_in_any_order_with_one_hyphen_or_two():
    words = "--reducer wc --output o -input a b --mapper cat --input c -lazyOutput --background"
    request = parse(*words.split())
    assert request.configuration.get(INPUTS) == "file:/work/a,file:/work/b,file:/work/c"
    assert request.mapper == CommandOrClass("cat")
    assert request.reducer == CommandOrClass("wc")
    assert request.lazy_output
    assert request.background
    assert not request.debug


def test_tools_of_the_jar():
    assert tool_of(["-input", "x"]) == ("streamjob", ("-input", "x"))
    assert tool_of(["StreamJob", "-input"]) == ("streamjob", ("-input",))
    assert tool_of(["dumpTB", "x"]) == ("dumptb", ("x",))
    with pytest.raises(StreamingExit, match=r"^No Arguments Given!$") as caught:
        tool_of([])
    assert caught.value.code == 1
    assert caught.value.stdout[0] == "Usage: mapred streaming [options]"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("-output out", "Required argument: -input <name>"),
        ("-input a -nosuch", "Required argument: -output "),
        (
            "-input a -output b c -mapper d e",
            "Found 2 unexpected arguments on the command line [c, e]",
        ),
        ("-help x", "Found 1 unexpected arguments on the command line [x]"),
        ("-D a=b", "Required argument: -input <name>"),
    ],
)
def test_refusals(words, text):
    assert refused(*words.split()) == (1, (), [text, TRY_HELP, FAILED])


@pytest.mark.parametrize(
    ("option", "text", "word"),
    [
        ("-inputformat", "-inputformat : class not found : ", "TextInput"),
        ("-inputformat", "-inputformat : class not found : ", "NLineInputFormat"),
        ("-outputformat", "-outputformat : class not found : ", "TextOutputFormat"),
        ("-partitioner", "-partitioner : class not found : ", "HashPartitioner"),
        ("-inputreader", "-inputreader: class not found: ", "StreamXmlRecord"),
        ("-inputreader", "-inputreader: class not found: ", ""),
    ],
)
def test_unknown_classes(option, text, word):
    assert refused(*NEEDED, option, word) == (1, (), [text + word, TRY_HELP, FAILED])


def test_a_blank_word_is_told():
    stderr = refused(" ", *NEEDED)[2]
    assert stderr[0].startswith("WARN: One of the words is blank")


def test_a_property_without_a_value_is_told():
    (notice,) = parse("-D", "mapreduce.job.reduces", *NEEDED).notices
    assert notice.text.startswith("-D mapreduce.job.reduces sets nothing")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("wordcount in out", "WARN: wordcount: of all jars only streaming jobs run here"),
        ("-D a=1, b -input i -output o", "WARN: b: no option takes this word. Is there a blank"),
        (
            "-input i -output o -mapper cat -inputformat my.own.Format",
            "WARN: my.own.Format: classes",
        ),
    ],
)
def test_what_needs_java_is_told(words, hint):
    code, _, stderr = refused(*words.split())
    assert code == 1
    assert stderr[0].startswith(hint)
    assert stderr[2:] == [TRY_HELP, FAILED]


@pytest.mark.parametrize(
    ("words", "text", "hint"),
    [
        ("-output o -nosuch x", "Unrecognized option: -nosuch", ""),
        (
            "-input in -output out -D a=b",
            "Unrecognized option: -D",
            "-D is a generic option: those stand before all others",
        ),
        (
            "-input in -output out -Da=b",
            "Unrecognized option: -Da=b",
            "-Da=b is a generic option: those stand before all others",
        ),
        ("-output o -maper x", "Unrecognized option: -maper", "Did you mean -mapper?"),
        (
            "-output o -numReduceTasks=0",
            "Unrecognized option: -numReduceTasks=0",
            "Its value is a word of its own: -numReduceTasks 0",
        ),
        ("-mapper", "Missing argument for option: mapper", ""),
    ],
)
def test_unknown_options(words, text, hint):
    code, stdout, stderr = refused(*words.split())
    assert code == 1
    assert stdout[0] == "Usage: $HADOOP_HOME/bin/hadoop jar hadoop-streaming.jar [options]"
    assert "Usage tips:" not in stdout
    assert stderr == [f"ERROR: {text}", hint, TRY_HELP, FAILED]


def test_help():
    code, stdout, stderr = refused("-help")
    assert (code, stderr) == (0, [])
    assert stdout[0] == "Usage: $HADOOP_HOME/bin/hadoop jar hadoop-streaming.jar [options]"
    code, stdout, stderr = refused("--info", "-help", "-mapper", "x")
    assert (code, stderr) == (0, [])
    assert "Usage tips:" in stdout
    assert any("reducer NONE" in line for line in stdout)
    assert "Usage tips:" in refused("-info", "-nosuch")[1]


def test_misread_generic_options_come_first():
    code, stdout, stderr = refused("-D")
    assert code == 1
    assert stdout[0] == "usage: general options are:"
    assert stderr == [
        "WARN: options parsing failed: Missing argument for option: D",
        "Required argument: -input <name>",
        TRY_HELP,
        FAILED,
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("-numReduceTasks 3", 3),
        ("-numReduceTasks 0 -reducer x", 0),
        ("-reducer NONE", 0),
        ("-reducer none", 1),
        ("-numReduceTasks 2 -reducer NONE", 0),
        ("-jobconf mapred.reduce.tasks=4", 4),
        ("-jobconf mapred.reduce.tasks=4 -numReduceTasks 2", 2),
    ],
)
def test_number_of_reduces(words, expected):
    request = parse("-D", "mapreduce.task.timeout=1", *NEEDED, *words.split())
    assert request.num_reduces == expected
    assert request.configuration.get_int("mapreduce.job.reduces", -1) == expected
    assert (request.reducer is None) == (expected == 0 or "-reducer" not in words)


@pytest.mark.parametrize(
    "words", ["-numReduceTasks x", "-numReduceTasks -1", "-numReduceTasks 1.0"]
)
def test_bad_numbers_of_reduces(words):
    code, _, stderr = refused(*NEEDED, *words.split())
    assert code == 1
    assert stderr[-1] == FAILED
    assert len(stderr) == 2


def test_programs_may_be_classes():
    request = parse(
        *NEEDED,
        "-mapper",
        f"{LIB}.IdentityMapper",
        "-combiner",
        "cat -u",
        "-reducer",
        "aggregate x",
    )
    assert request.mapper == CommandOrClass(f"{LIB}.IdentityMapper", f"{LIB}.IdentityMapper")
    assert request.combiner == CommandOrClass("cat -u")
    assert request.reducer == CommandOrClass("aggregate x")
    request = parse("-D", f"mapred.mapper.class={LIB}.IdentityMapper", *NEEDED)
    assert request.mapper == CommandOrClass(f"{LIB}.IdentityMapper", f"{LIB}.IdentityMapper")
    assert (
        "ClassNotFoundException: Class x.Y" in refused("-Dmapred.reducer.class=x.Y", *NEEDED)[2][0]
    )


def test_aggregate_is_its_own_combiner():
    request = parse(*NEEDED, "-reducer", "Aggregate", "-combiner", "x")
    assert request.reducer is not None
    assert request.combiner is not None
    assert request.reducer.java_class == f"{LIB}.aggregate.ValueAggregatorReducer"
    assert request.combiner.java_class == f"{LIB}.aggregate.ValueAggregatorCombiner"
    request = parse(*NEEDED, "-reducer", "aggregate", "-combiner", "x", "-numReduceTasks", "0")
    assert (request.combiner, request.reducer) == (None, None)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("-inputformat KeyValueTextInputFormat", f"{MAPRED}.KeyValueTextInputFormat"),
        (f"-inputformat {MAPRED}.TextInputFormat", f"{MAPRED}.TextInputFormat"),
        ("-inputformat AutoInputFormat", f"{STREAMING}.AutoInputFormat"),
        (f"-inputformat {LIB}.NLineInputFormat", f"{LIB}.NLineInputFormat"),
        (f"{XML},begin=a", f"{STREAMING}.StreamInputFormat"),
        (f"{XML} -inputformat KeyValueTextInputFormat", f"{STREAMING}.StreamInputFormat"),
        (f"{XML} -inputformat TextInputFormat", f"{MAPRED}.TextInputFormat"),
    ],
)
def test_input_formats(words, expected):
    request = parse(*NEEDED, *words.split())
    assert request.input_format == expected
    assert request.configuration.get("mapred.input.format.class") == expected


def test_input_readers():
    request = parse(
        *NEEDED, "-inputreader", "StreamXmlRecordReader,begin=<a b=c>,slowmatch,end=</a>,"
    )
    reader = f"{STREAMING}.StreamXmlRecordReader"
    assert request.configuration.get("stream.recordreader.class") == reader
    for name, value in (("begin", "<a b=c>"), ("slowmatch", ""), ("end", "</a>")):
        assert request.configuration.get_raw(f"stream.recordreader.{name}") == value


def test_partitioners(tmp_path: Path):
    name = f"{LIB}.KeyFieldBasedPartitioner"
    assert parse(*NEEDED, "-partitioner", name).partitioner == CommandOrClass(name, name)
    assert parse("-D", f"mapred.partitioner.class={name}", *NEEDED).partitioner == CommandOrClass(
        name, name
    )
    program = tmp_path / "part.py"
    program.touch()
    assert refused(*NEEDED, "-partitioner", "part.py", cwd=tmp_path)[2][0].startswith(
        "-partitioner"
    )
    program.chmod(0o755)
    for words in (["-partitioner", "part.py 3"], ["-partitioner", "./later.py"]):
        assert parse(*NEEDED, *words, cwd=tmp_path).partitioner == CommandOrClass(words[1])
    program.chmod(0o644)
    shipped = ["-files", "part.py#p", *NEEDED, "-partitioner", "p"]
    assert parse(*shipped, cwd=tmp_path).partitioner == CommandOrClass("p")


def test_cmdenv_values_end_at_a_blank():
    words = ["-cmdenv", "A=1", "-cmdenv", "B=x y C=z=", "-cmdenv", "nothing", "-cmdenv", "A=2"]
    pairs = parse(*NEEDED, *words).cmdenv
    assert pairs[1:] == (("A", "1"), ("B", "x"), ("C", "z="), ("A", "2"))


def test_variables_in_cmdenv_and_output_stand_for_properties():
    words = ["-input", "in.txt", "-output", "${dir}/o", "-cmdenv", "A=${p}"]
    request = parse("-D", "dir=x", *words, "-jobconf", "p=q r")
    assert request.cmdenv[1:] == (("A", "q"),)
    assert request.output == "x/o"


def test_no_words_for_a_reducer_or_a_combiner_pass_all_on():
    request = parse(*NEEDED, "-combiner", "", "-reducer", "")
    assert request.combiner == request.reducer == CommandOrClass("", f"{LIB}.IdentityReducer")
    assert parse(*NEEDED, "-mapper", "").mapper == CommandOrClass("")


@pytest.mark.parametrize("path", ["a:b", "{file:/x/a,b}"])
def test_what_cannot_be_a_path_is_refused(path):
    for words in (["-input", path, "-output", "o"], ["-input", "i", "-output", path]):
        code, _, lines = refused(*words)
        assert (code, lines[-1]) == (1, FAILED)
        assert "java.net.URISyntaxException" in lines[0]


def test_io_is_stronger_than_properties():
    request = parse("-D", "stream.map.output=text", *NEEDED, "-io", "rawbytes")
    for edge in ("map.input", "map.output", "reduce.input", "reduce.output"):
        assert request.configuration.get(f"stream.{edge}") == "rawbytes"


def test_jobconf_comes_after_properties_and_needs_a_value():
    request = parse("-D", "a=1", *NEEDED, "-jobconf", "a=2", "-jobconf", "b==")
    assert request.configuration.get("a") == "2"
    assert request.configuration.get("b") == "="
    expected = "-jobconf option is deprecated, please use -D instead."
    assert [(line.level, line.text) for line in request.notices] == [("WARN", expected)]
    code, _, stderr = refused(*NEEDED, "-jobconf", "a")
    assert code == 1
    assert "ArrayIndexOutOfBoundsException" in stderr[1]


def test_properties_that_the_job_sets(tmp_path: Path):
    request = parse(*NEEDED, "-input", "{a,b},/c", "-mapper", "a b*é&", cwd=tmp_path)
    configuration = request.configuration
    inputs = f"file:{tmp_path}/in.txt,file:{tmp_path}/{{a,b}},file:/c"
    assert configuration.get("mapreduce.input.fileinputformat.inputdir") == inputs
    assert configuration.get("mapred.output.dir") == f"file:{tmp_path}/out"
    assert configuration.get("stream.map.streamprocessor") == "a+b*%C3%A9%26"
    assert configuration.get("mapred.job.name").startswith("streamjob")
    assert configuration.get("mapreduce.job.user.name") == "me"
    assert configuration.get("mapreduce.job.working.dir") == f"file:{tmp_path}"
    assert parse("-Dmapred.job.name=n", *NEEDED).configuration.get("mapreduce.job.name") == "n"


def test_inputs_add_to_the_property():
    request = parse("-D", "mapred.input.dir=x", *NEEDED)
    assert request.configuration.get("mapred.input.dir") == "x,file:/work/in.txt"


@pytest.mark.parametrize(
    "words", [["-input", "", "-output", "o"], ["-input", "a,,b", "-output", "o"]]
)
def test_paths_cannot_be_empty(words):
    assert refused(*words)[2] == ["ERROR: Can not create a Path from an empty string", FAILED]


def test_commas_in_braces_do_not_separate():
    assert split_paths("a,b{c,d{e,f}g},h") == ["a", "b{c,d{e,f}g}", "h"]
    assert split_paths("a},b") == ["a}", "b"]


def test_files_of_the_old_option(tmp_path: Path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d/m.py").touch()
    (tmp_path / "x").touch()
    request = parse(
        "-files", "x#y", *NEEDED, "-file", "d/m.py", "x", "-mapper", "./d/m.py  a", "-reducer",
        "d/m.py", "-combiner", "m.py", cwd=tmp_path,
    )  # fmt: skip
    assert [(Path(one.path).name, one.name) for one in request.files] == [("x", "y")]
    assert [one.name for one in request.bundled] == ["m.py", "x"]
    assert request.mapper == CommandOrClass("m.py  a")
    assert request.reducer == CommandOrClass("m.py")
    assert request.combiner == CommandOrClass("m.py")
    assert request.stdout[0].startswith("packageJobJar: [d/m.py, x] [] /tmp/streamjob")
    expected = "-file option is deprecated, please use generic option -files instead."
    assert [line.text for line in request.notices] == [expected]


def test_missing_files_of_the_old_option(tmp_path: Path):
    code, _, stderr = refused(*NEEDED, "-file", "nope.py", cwd=tmp_path)
    assert code == 1
    assert stderr[1:] == [f"File: file:{tmp_path}/nope.py does not exist.", TRY_HELP, FAILED]
    assert stderr[0].startswith("WARN: -file option")


def test_programs_of_new_files_keep_their_paths(tmp_path: Path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d/m.py").touch()
    request = parse("-files", "d/m.py", *NEEDED, "-mapper", "d/m.py", cwd=tmp_path)
    assert request.mapper == CommandOrClass("d/m.py")
    assert request.configuration.get("mapreduce.job.cache.files") == f"file:{tmp_path}/d/m.py#m.py"


def test_the_old_cache_options(tmp_path: Path):
    for name in ("a", "b", "c.zip"):
        (tmp_path / name).touch()
    words = ["-cacheFile", "a#x,b#y", "-cacheArchive", "c.zip#c"]
    request = parse(*NEEDED, *words, cwd=tmp_path)
    assert request.files == (Shipped(f"{tmp_path}/a", "x"), Shipped(f"{tmp_path}/b", "y"))
    assert request.archives == (Shipped(f"{tmp_path}/c.zip", "c"),)
    assert len(request.notices) == 2
    for bad in (["-cacheFile", "a"], ["-cacheFile", "a#x", "-cacheArchive", "c.zip#X"]):
        assert refused(*NEEDED, *bad, cwd=tmp_path)[2][-3].startswith(
            "You need to specify the uris"
        )
    code, _, stderr = refused(*NEEDED, "-cacheFile", "no#x", cwd=tmp_path)
    assert code == 2
    assert stderr[-2] == "ERROR: Error launching job , bad input path : File no#x does not exist"


def test_caches_that_properties_name(tmp_path: Path):
    for name in ("a", "b", "c.zip"):
        (tmp_path / name).touch()
    words = ["-D", "mapred.cache.files=a#x,b", "-D", "mapreduce.job.cache.archives=c.zip#c"]
    request = parse(*words, *NEEDED, cwd=tmp_path)
    assert request.files == (Shipped(f"{tmp_path}/a", "x"), Shipped(f"{tmp_path}/b", "b"))
    assert request.archives == (Shipped(f"{tmp_path}/c.zip", "c"),)
    local = request.configuration.get("mapreduce.job.cache.local.files")
    assert local == f"{tmp_path}/a,{tmp_path}/b"
    request = parse(*words, *NEEDED, "-cacheFile", "b#y", cwd=tmp_path)
    assert request.files == (Shipped(f"{tmp_path}/b", "y"),)
    assert request.archives == (Shipped(f"{tmp_path}/c.zip", "c"),)
    code, _, stderr = refused("-D", "mapred.cache.files=no", *NEEDED, cwd=tmp_path)
    assert code == 2
    assert stderr[-2] == "ERROR: Error launching job , bad input path : File no does not exist"


def test_an_additional_conf_file_is_weaker_than_properties(tmp_path: Path):
    text = "<configuration><property name='a' value='f'/><property name='b' value='f'/>"
    (tmp_path / "c.xml").write_text(text + "</configuration>")
    request = parse("-D", "a=1", *NEEDED, "-additionalconfspec", "c.xml", cwd=tmp_path)
    assert (request.configuration.get("a"), request.configuration.get("b")) == ("1", "f")
    assert "-conf instead" in request.notices[0].text


def test_the_old_file_system_option(tmp_path: Path):
    request = parse(*NEEDED, "-dfs", "hdfs://h:1", cwd=tmp_path, HOME=str(tmp_path))
    assert request.configuration.get("mapred.output.dir") == "hdfs://h:1/user/me/out"
    assert request.notices[0].text == "-dfs option is deprecated, please use -fs instead."


def test_verbose_tells_all_properties():
    stdout = parse("-D", "z.y=1", *NEEDED, "-mapper", "cat", "-verbose").stdout
    assert stdout[0] == "STREAM: addTaskEnvironment=HADOOP_ROOT_LOGGER="
    assert stdout[1] == "STREAM: shippedCanonFiles_=[]"
    assert "STREAM: shipped: false /work/cat" in stdout
    assert "STREAM: cmd=cat" in stdout
    assert "STREAM: cmd=null" in stdout
    assert "STREAM: z.y=1" in stdout
    assert "STREAM: ====" in stdout


def test_notices_come_before_the_end():
    stderr = refused(*NEEDED, "-jobconf", "a=b", "-inputformat", "X")[2]
    assert stderr[0].startswith("WARN: -jobconf option")
    assert stderr[1] == "-inputformat : class not found : X"


def test_bytes_that_are_no_text_pass():
    word = b"cat \xff".decode("utf-8", "surrogateescape")
    request = parse(*NEEDED, "-mapper", word)
    assert request.mapper == CommandOrClass(word)
    assert request.configuration.get("stream.map.streamprocessor") == "cat+%FF"


def test_the_client_starts_light():
    code = (
        "import sys\nimport hadoopless.streaming.options.job, hadoopless.streaming.rules.rules\n"
        "import hadoopless.streaming.hints\n"
        "print(*{'numpy', 'tornado', 'argparse', 'asyncio', 'xml.etree'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, stdout=subprocess.PIPE, check=True
    )
    assert done.stdout.strip() == b""
