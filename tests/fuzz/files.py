"""Damaged files and outputs of programs, and what reads them."""

from __future__ import annotations

import fcntl
import io
import json
import os
import shutil
import tarfile
import warnings
import zipfile
from contextlib import suppress
from pathlib import Path
from random import Random

from hadoopless.coordinator.journal import Journal
from hadoopless.data.record import typed_bytes
from hadoopless.data.record.layout import BadOutput, layout_of
from hadoopless.data.sort.blocks import sorted_blocks
from hadoopless.errors import MapReduceError
from hadoopless.faults import Fault
from hadoopless.job import AttemptId, JobSpec, Split, map_task
from hadoopless.rules import PairFormat, Pipe, Rules
from hadoopless.streaming.exits import StreamingExit
from hadoopless.streaming.properties import conf_file
from hadoopless.streaming.properties.configuration import Configuration
from hadoopless.streaming.rules.sequence_file import sequence_file_keys
from hadoopless.streaming.shipping.archives import unpack
from tests.data.samples import reader
from tests.fuzz.answers import OUTPUT, REPORT
from tests.fuzz.damage import damaged, odd_json_text
from tests.fuzz.findings import Case
from tests.fuzz.peers import Liar

# journals ---------------------------------------------------------------------------------------


def journals_case(_liar: Liar, place: Path) -> Case:
    """A coordinator finds the journal of another, which may still run."""
    for name in ("0.in", "1.in"):
        (place / name).write_text("x\n")
    spec = JobSpec("cat", "cat", (Split("0.in"), Split("1.in")), 2, ".", str(place), job_id="j0")
    journal = Journal(spec)
    journal.begin(spec)
    journal.started(AttemptId(map_task(0), 0))
    journal.map_done(0, "worker 0", OUTPUT, REPORT)
    (place / "0.out").touch()
    journal.committed(0, REPORT)
    journal.close()
    path = place / ".mapreduce-journal"
    right = path.read_bytes()

    def odd_lines(random: Random) -> bytes:
        lines = right.splitlines(keepends=True)
        at = random.randrange(len(lines))
        lines[at] = odd_json_text(random, json.loads(lines[at]), 0.0) + b"\n"
        return b"".join(lines)

    def case(random: Random) -> None:
        path.write_bytes(damaged(random, right) if random.random() < 0.5 else odd_lines(random))
        resumes = random.random() < 0.8
        with suppress(MapReduceError), path.open() as other:
            if random.random() < 0.2:
                fcntl.flock(other, fcntl.LOCK_EX)  # its job still runs
            found = Journal(spec, resumes=resumes)
            try:
                if resumes:
                    found.past(spec)
                else:
                    found.begin(spec)
            finally:
                found.close()

    return case


# properties -------------------------------------------------------------------------------------

_CONF = b"""<?xml version="1.0"?>
<!DOCTYPE configuration [<!ENTITY e "text"><!ENTITY f "&e;&e;">]>
<configuration xmlns:xi="http://www.w3.org/2001/XInclude">
<property><name>a.b</name><value>1 ${user.dir} ${c} &f;</value><final>true</final></property>
<property name="c" value="${env.HOME:-x}"/>
<xi:include href="none.xml"><xi:fallback><property><name>d</name></property></xi:fallback>
</xi:include>
</configuration>
"""


def properties_case(_liar: Liar, place: Path) -> Case:
    """A file of -conf is read, and all its values."""
    path = place / "conf.xml"

    def case(random: Random) -> None:
        path.write_bytes(damaged(random, _CONF))
        configuration = Configuration({}, str(place))
        with suppress(StreamingExit):
            conf_file.load(configuration, str(path), "conf.xml")
            for name in configuration.names():
                configuration.get(name)
            configuration.environment()

    return case


# archives ---------------------------------------------------------------------------------------


def _archive(random: Random, ending: str) -> bytes:
    """An archive with members that try to leave their directory."""
    names = ["a", "a/b", "dir/", "../out", "/absolute", "a/../../out", "link", "link/x", "\ud800"]
    chosen = [random.choice(names) for _ in range(random.choice((1, 2, 5)))]
    targets = ["..", "../out", "/etc", "a", "link", "/", ".", "x" * 300]
    file = io.BytesIO()
    if ending in (".zip", ".jar"):
        with zipfile.ZipFile(file, "w", random.choice((0, zipfile.ZIP_DEFLATED))) as archive:
            for name in chosen:
                info = zipfile.ZipInfo(name.replace("\ud800", "u"))
                is_link = random.random() < 0.4
                info.external_attr = (0o120777 if is_link else 0o100644) << 16
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # of a name that comes twice
                    archive.writestr(info, random.choice(targets))
        return file.getvalue()
    kinds = [tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE]
    mode = "w:gz" if "gz" in ending else "w"
    format = random.choice((tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT))
    with tarfile.open(fileobj=file, mode=mode, format=format) as archive_:  # type: ignore[call-overload]
        for name in chosen:
            member = tarfile.TarInfo(name.replace("\ud800", "u"))
            member.type = random.choice(kinds)
            member.linkname = random.choice(targets)
            data = b"data" * random.choice((0, 1, 500)) if member.isreg() else b""
            member.size = len(data)
            member.mtime = random.choice((0, 1_000_000_000, 8_589_934_591))
            with suppress(ValueError):  # a name that the format cannot hold
                archive_.addfile(member, io.BytesIO(data))
    return file.getvalue()


def archives_case(_liar: Liar, place: Path) -> Case:
    """An archive of -archives is unpacked."""

    def case(random: Random) -> None:
        shutil.rmtree(place)
        inner = place / "room" / "inner"
        inner.mkdir(parents=True)
        ending = random.choice((".tar", ".tgz", ".tar.gz", ".zip", ".jar"))
        data = _archive(random, ending)
        archive = place / f"archive{ending}"
        archive.write_bytes(damaged(random, data) if random.random() < 0.7 else data)
        with suppress(MapReduceError):
            unpack(str(archive), str(inner / "target"))
        assert sorted(os.listdir(place)) == sorted(["room", archive.name])
        assert os.listdir(place / "room") == ["inner"]
        assert set(os.listdir(inner)) <= {"target"}

    return case


# records of programs ----------------------------------------------------------------------------

_TYPED = [
    *(
        b"\x07\0\0\0\1a",
        b"\0\0\0\0\2ab",
        b"\x01\5",
        b"\x02\1",
        b"\x03\0\0\0\5",
        b"\x04" + b"\1" * 8,
    ),
    *(b"\x05\1\2\3\4", b"\x06" + b"\x7f" * 8, b"\x08\0\0\0\2\1\1\1\2", b"\x09\1\1\xff"),
    *(b"\x0a\0\0\0\1\1\1\1\2", b"\x32\0\0\0\1x", b"\xc8\0\0\0\0", b"\x08\0\0\0\1" * 50 + b"\1\1"),
]
_PIPES = [Pipe.TYPED_BYTES, Pipe.RAW_BYTES, Pipe.PAIRS, Pipe.KEY_ONLY_TEXT]


def typed_case(_liar: Liar, _place: Path) -> Case:
    """A program writes typed bytes, raw bytes or pairs."""

    def case(random: Random) -> None:
        values = [random.choice(_TYPED) for _ in range(random.choice((2, 2, 4, 20)))]
        data = damaged(random, b"".join(values), _TYPED)
        if random.random() < 0.01:
            data = random.choice((b"\x09", b"\x08\0\0\0\1")) * 100_000
        if random.random() < 0.5:
            with suppress(BadOutput):
                end = typed_bytes.end_of(data, 0)
                if end is not None:
                    typed_bytes.text_of(data[:end])
            return
        layout = layout_of(Rules(map_output=PairFormat(random.choice(_PIPES))))
        chunks = (random.choice((1, 3, 100, 1 << 16)),)
        with suppress(Fault):
            for _ in sorted_blocks(reader(data, chunks), 2, 64, layout=layout, max_record=1 << 20):
                pass

    return case


_SEQUENCE = (
    b"SEQ\6\x19org.apache.hadoop.io.Text\x21org.apache.hadoop.io.NullWritable\0\0\0\0\0\0"
    + b"s" * 16
    + b"\0\0\0\2\0\0\0\2\1a"
    + b"\0\0\0\2\0\0\0\2\1b"
)


def sequence_files_case(_liar: Liar, _place: Path) -> Case:
    """The keys of a sequence file are read."""

    def case(random: Random) -> None:
        with suppress(ValueError):
            list(sequence_file_keys(damaged(random, _SEQUENCE)))

    return case
