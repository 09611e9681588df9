"""The files that go with a job, and commands as nodes have them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hadoopless.data.program.commands import Root
from hadoopless.engines.hadoop.cargo import Cargo
from hadoopless.engines.hadoop.imports import modules_beside
from hadoopless.errors import DiskError, InputError, UsageError


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name, text in {
        "m.sh": "#!/bin/sh\ncat\n",
        "deep/m.sh": "#!/bin/sh\nsort\n",
        "my map.sh": "#!/bin/sh\n",
        "m.py": "import helper, os\nfrom tools.more import x\n",
        "helper.py": "import second\n",
        "second.py": "import helper\n",
        "tools/__init__.py": "",
        "tools/more.py": "x = 1\n",
        "words": "a\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        if name.endswith(".sh"):
            path.chmod(0o755)
    return tmp_path


def cargo(place: Path, *, checked: bool = True) -> Cargo:
    return Cargo(Root(str(place)), checked=checked)


@pytest.mark.parametrize(
    ("line", "command", "files"),
    [
        ("cat", "cat", []),
        ("./m.sh -x", "./m.sh -x", ["m.sh"]),
        ("deep/m.sh", "./m.sh", ["m.sh"]),
        ("my map.sh", "./my_map.sh", ["my_map.sh"]),
        ("grep -f words", "grep -f words", ["words"]),
        ("m.py", "python3 m.py", ["helper.py", "m.py", "second.py", "tools"]),
        ("python3 ./m.py a", "python3 m.py a", ["helper.py", "m.py", "second.py", "tools"]),
        ("/bin/sh -c 'a b'", "/bin/sh -c 'a b'", []),
    ],
)
def test_commands(place: Path, line: str, command: str, files: list[str]) -> None:
    made = cargo(place)
    assert made.command(line, "--mapperPath") == command
    assert sorted(made.files) == files
    assert made.has_modules is ("helper.py" in files)


def test_an_absolute_program_goes_along(place: Path) -> None:
    made = cargo(place)
    assert made.command(f"{place}/m.sh", "--mapperPath") == "./m.sh"
    assert made.files == {"m.sh": f"{place}/m.sh"}


def test_two_programs_of_one_name(place: Path) -> None:
    made = cargo(place)
    assert made.command("m.sh", "--mapperPath") == "./m.sh"
    assert made.command("deep/m.sh", "--reducerPath") == "./m-2.sh"
    assert made.command("./m.sh", "--combinerPath") == "./m.sh"
    assert list(made.files) == ["m.sh", "m-2.sh"]


def test_copies(place: Path, tmp_path: Path) -> None:
    made = cargo(place)
    made.command("m.sh", "--mapperPath")
    made.add_named(["words,tools"])
    target = tmp_path / "copies"
    target.mkdir()
    assert made.copy_to(target) == [target / "m.sh", target / "words", target / "tools"]
    assert os.access(target / "m.sh", os.X_OK)
    assert (target / "tools" / "more.py").read_text() == "x = 1\n"
    with pytest.raises(DiskError, match=r"cannot copy .*m\.sh for the job"):
        made.copy_to(tmp_path / "nowhere")


def test_first_lines_that_no_node_can_run(place: Path) -> None:
    (place / "m.sh").write_bytes(b"#!/bin/sh\r\ncat\r\n")
    with pytest.raises(InputError, match=r"--mapperPath: \./m\.sh: .*carriage return"):
        cargo(place).command("./m.sh", "--mapperPath")
    (place / "m.sh").write_bytes(b"\xef\xbb\xbf#!/bin/sh\ncat\n")
    with pytest.raises(InputError, match="byte order mark"):
        cargo(place).command("m.sh", "--mapperPath")


def test_programs_that_are_not_here(place: Path) -> None:
    with pytest.raises(InputError, match="--mapperPath: no such program: nowhere"):
        cargo(place).command("nowhere x", "--mapperPath")
    made = cargo(place, checked=False)
    assert made.command("/opt/on/nodes 'a b'", "--mapperPath") == "/opt/on/nodes 'a b'"
    with pytest.raises(UsageError, match="cannot read the command"):
        made.command("a 'b", "--mapperPath")


def test_files_of_the_option(place: Path) -> None:
    with pytest.raises(InputError, match="--files: there is no nowhere"):
        cargo(place).add_named(["words,nowhere"])
    (place / "a b").touch()
    with pytest.raises(
        InputError, match="--files: Hadoop cannot be given a file of this name: a b"
    ):
        cargo(place).add_named(["a b"])


def test_modules_of_a_program_that_is_no_python(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_bytes(b"\0 import os")
    assert modules_beside(str(path)) == []
    assert modules_beside(str(tmp_path / "nowhere.py")) == []
