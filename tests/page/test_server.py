"""The server of the pages: who gets in, what comes, and how it stands hostile callers and logs."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse

from hadoopless.errors import InputError
from hadoopless.history import events as ev
from hadoopless.page import feed, handlers, hub
from hadoopless.page.columns import unpack
from hadoopless.page.entrance import Entrance
from hadoopless.page.feed import Feed
from hadoopless.page.html.document import policy
from hadoopless.page.jobs import Jobs
from hadoopless.page.server import Ending, make_app, serve
from hadoopless.wire.intake import Server
from hadoopless.wire.server import bind
from tests.page.made_logs import began, made_events, write_log

TOKEN = "a-token-of-the-tests"  # noqa: S105


class Page:
    """A server with the job ``made``, and a browser that has opened its link."""

    def __init__(self, port: int, entrance: Entrance, watching: hub.Hub) -> None:
        self.hub = watching
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.root = entrance.root
        self.cookie = ""

    async def get(self, path: str, **headers: str) -> HTTPResponse:
        asked = HTTPRequest(self.url + path, headers=headers, follow_redirects=False)
        return await AsyncHTTPClient().fetch(asked, raise_error=False)

    async def open(self) -> HTTPResponse:
        answer = await self.get(f"/open?token={TOKEN}&job=made")
        self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
        return answer

    async def see(self, path: str, **headers: str) -> HTTPResponse:
        """The answer that the browser gets at a *path* below the root."""
        return await self.get(self.root + path, Cookie=self.cookie, **headers)


@asynccontextmanager
async def serving(*logs: Path) -> AsyncIterator[Page]:
    listener = bind("http://127.0.0.1:0")
    entrance, watching = Entrance(TOKEN), hub.Hub()
    server = Server(make_app(entrance, Jobs(logs), watching))
    server.add_sockets([listener])
    running = asyncio.create_task(watching.run())
    page = Page(listener.getsockname()[1], entrance, watching)
    await page.open()
    try:
        yield page
    finally:
        running.cancel()
        server.stop()
        await server.close_all_connections()
        watching.close()
        listener.close()


Body = Callable[[Page], Awaitable[None]]


def with_page(body: Body, *logs: Path) -> None:
    async def run() -> None:
        async with asyncio.timeout(60):
            async with serving(*logs) as page:
                await body(page)

    asyncio.run(run())


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write_log(tmp_path / "made.jsonl", made_events(60))


class Events:
    """The events of a job, as a browser reads them."""

    def __init__(self, page: Page, after: int = 0) -> None:
        self._page = page
        self._after = after

    async def __aenter__(self) -> Events:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._page.port)
        self._writer.write(
            f"GET {self._page.root}jobs/made/events?after={self._after} HTTP/1.1\r\n"
            f"Host: 127.0.0.1\r\nCookie: {self._page.cookie}\r\n\r\n".encode()
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        self._writer.close()

    async def next(self) -> tuple[str, Any]:
        """The kind and the data of the next event."""
        kind = "message"
        while True:
            line = (await self._reader.readline()).decode().strip()
            if line.startswith("event: "):
                kind = line[7:]
            elif line.startswith("data:"):
                data = line[5:].strip()
                return kind, json.loads(data) if data else None


# The entrance ------------------------------------------------------------------------------------


def test_the_link_is_exchanged_for_a_cookie(log: Path) -> None:
    async def body(page: Page) -> None:
        answer = await page.open()
        assert answer.code == 200
        assert answer.headers["Refresh"] == f"0; url={page.root}jobs/made/"
        cookie = answer.headers["Set-Cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert f"path={page.root}" in cookie
        assert TOKEN not in cookie
        seen = await page.see("jobs/made/")
        assert seen.code == 200
        assert seen.headers["Content-Security-Policy"] == policy(live=True)
        assert b"2f6c9a41d0" in seen.body

    with_page(body, log)


@pytest.mark.parametrize(
    "path", ["", *(f"jobs/made/{part}" for part in ("", "data", "events", "what-if"))]
)
def test_strangers_see_nothing(log: Path, path: str) -> None:
    async def body(page: Page) -> None:
        for cookie in ("", "hadoopless=wrong", "other=1"):
            answer = await page.get(page.root + path, Cookie=cookie)
            assert answer.code == 403
            assert b"2f6c9a41d0" not in answer.body
        for headers in (
            {"Host": "evil.example"},
            {"Host": f"rebound.example:{page.port}"},
            {"Origin": "http://evil.example"},
            {"Origin": f"http://127.0.0.1:{page.port + 1}"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},  # another port of this machine
        ):
            assert (await page.see(path, **headers)).code == 403, headers

    with_page(body, log)


def test_wrong_links(log: Path) -> None:
    async def body(page: Page) -> None:
        for path in ("/open", "/open?token=", f"/open?token={TOKEN}x", "/open?token=%00%FF"):
            answer = await page.get(path)
            assert answer.code in (400, 403)
            assert "Set-Cookie" not in answer.headers
        assert (await page.get(f"/open?token={TOKEN}", Host="evil.example")).code == 403
        # A link that was followed from a page of somewhere else is the user's own.
        from_elsewhere = {"Sec-Fetch-Site": "cross-site"}
        assert (await page.get(f"/open?token={TOKEN}", **from_elsewhere)).code == 200

    with_page(body, log)


def test_other_paths(log: Path) -> None:
    async def body(page: Page) -> None:
        for path in ("nothing", "jobs/other/", "jobs/..%2f..%2fetc%2fpasswd/", "jobs/made/x"):
            assert (await page.see(path)).code == 404, path
        assert (await page.get("/")).code == 403

    with_page(body, log)


# The pages -------------------------------------------------------------------------------------


def test_the_list(log: Path) -> None:
    async def body(page: Page) -> None:
        whole = (await page.see("")).body.decode()
        table = (await page.see("?part=list")).body.decode()
        assert table in whole
        assert '<a href="jobs/made/">2f6c9a41d0</a>' in table
        assert "succeeded" in table

    with_page(body, log)


def test_data_and_changes(tmp_path: Path) -> None:
    log = tmp_path / "made.jsonl"
    first: list[ev.Event] = [
        began(2, 0),
        ev.WorkerJoined(0.0, "w"),
        ev.AttemptBegan(1.0, "map-0", 0, "w"),
    ]
    write_log(log, iter(first))

    async def body(page: Page) -> None:
        answer = await page.see("jobs/made/data")
        head, columns = unpack(gzip.decompress(answer.body))
        assert (head["rows"], columns["took"].tolist()) == (1, [-1])
        assert head["parts"]["workers"]["lanes"] == [["w", 0]]
        async with Events(page, head["number"]) as events:
            with log.open("ab") as file:
                file.write(ev.encode(ev.AttemptEnded(3.0, "map-0", 0, "w", "succeeded")))
            kind, told = await events.next()
            assert (kind, told["number"]) == ("message", head["number"] + 1)
            assert (told["rows"]["row"], told["rows"]["took"]) == ([0], [20_000])
            # Somebody who comes with a number of long ago, or of nothing, gets all anew.
            async with Events(page, 99) as others:
                assert await others.next() == ("anew", None)
            log.unlink()
            while kind != "gone":
                kind, _ = await events.next()

    with_page(body, log)


def read_on(one: Feed) -> None:
    """Let *one* read all that is there, however many turns it needs."""
    one.advance()
    while one.is_behind:
        one.advance()


def test_a_log_that_is_another_one(tmp_path: Path) -> None:
    log = write_log(tmp_path / "made.jsonl", made_events(60))
    one = Feed(log)
    read_on(one)
    assert len(one.sheet) == 60
    number = one.number
    other = write_log(tmp_path / "other", made_events(40))
    os.replace(other, log)
    read_on(one)
    assert (len(one.sheet), one.edition) == (40, 1)
    assert one.since(number) is None
    os.truncate(log, 0)
    read_on(one)
    assert (len(one.sheet), one.edition) == (0, 2)
    one.close()


def test_logs_that_are_none(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.jsonl"
    os.mkfifo(fifo)
    huge = tmp_path / "huge.jsonl"
    huge.touch()
    os.truncate(huge, 2 << 30)
    noise = tmp_path / "noise.jsonl"
    noise.write_bytes(os.urandom(1 << 20))
    with pytest.raises(InputError, match="no regular file"):
        Feed(fifo)
    one = Feed(huge)
    with pytest.raises(InputError, match="larger than 1 GB"):
        one.advance()
    one.close()

    async def body(page: Page) -> None:
        assert (await page.see("jobs/fifo/")).code == 404
        assert (await page.see("jobs/huge/")).code == 404
        assert (await page.see("jobs/noise/")).code == 200  # a page about nothing
        listed = (await page.see("")).body
        assert b"fifo" not in listed
        assert b"noise" not in listed

    with_page(body, fifo, huge, noise)


# Hostile texts ----------------------------------------------------------------------------------

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m\x00\u202e'\"&"


def hostile_events() -> list[ev.Event]:
    failure = ev.Failed("program", EVIL, EVIL, EVIL, 1, EVIL, EVIL)
    long = "x" * (1 << 20) + EVIL
    return [
        began(1, 1, mapper=EVIL, reducer=EVIL, command=(EVIL, EVIL), settings={EVIL: EVIL}),
        ev.WorkerJoined(0.0, EVIL, 1),
        ev.AttemptBegan(1.0, "map-0", 0, EVIL, input=EVIL),
        ev.AttemptEnded(2.0, "map-0", 0, EVIL, "program failed", stderr=long, failure=failure),
        ev.AttemptBegan(2.0, "reduce-0", 0, EVIL),
        ev.AttemptEnded(
            3.0, "reduce-0", 0, EVIL, "succeeded", top_keys=(ev.TopKey(EVIL, 1, 1),), groups=1
        ),
        ev.WorkerLost(3.0, EVIL),
        ev.JobEnded(4.0, EVIL, (EVIL,), 1, 1, ((EVIL, EVIL, 1),), (EVIL,), failure=failure),
    ]


def test_hostile_texts_are_texts(tmp_path: Path) -> None:
    log = write_log(tmp_path / "made.jsonl", iter(hostile_events()))

    async def body(page: Page) -> None:
        for path in ("", "jobs/made/", "jobs/made/compare", "jobs/made/what-if"):
            text = (await page.see(path)).body.decode()
            assert "<img" not in text
            assert "alert(1)</script>" not in text
            assert not re.search("[\x00\x1b\u202e]", text)
            assert len(text) < 1 << 20

    with_page(body, log)


# Hostile callers --------------------------------------------------------------------------------


def test_many_connections(log: Path) -> None:
    """A thousand callers who say nothing, and leave, keep nobody out."""

    async def body(page: Page) -> None:
        silent = []
        for _ in range(1000):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", page.port))
            silent.append(one)
        await asyncio.sleep(0)
        for one in silent:
            one.close()
        assert (await page.see("jobs/made/")).code == 200

    with_page(body, log)


def test_a_viewer_who_does_not_read_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "PATIENCE", 0.3)
    log = write_log(tmp_path / "made.jsonl", iter([began(100_000, 0), ev.WorkerJoined(0.0, "w")]))
    monkeypatch.setattr(hub, "INTERVAL", 0.01)

    async def body(page: Page) -> None:
        after = await number_of(page)
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", page.port))
        request = f"GET {page.root}jobs/made/events?after={after} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        slow.sendall(f"{request}Cookie: {page.cookie}\r\n\r\n".encode())
        number = 0
        seen = cut = False
        with log.open("ab", buffering=0) as file:
            while not cut:
                for _ in range(300):
                    file.write(
                        ev.encode(ev.AttemptBegan(1.0, f"map-{number}", 0, "w", input="x" * 150))
                    )
                    number += 1
                await asyncio.sleep(0.05)
                seen = seen or page.hub.viewers == 1
                cut = seen and page.hub.viewers == 0
        slow.close()
        assert (await page.see("jobs/made/")).code == 200

    with_page(body, log)


def test_so_many_viewers_at_most(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "MOST_VIEWERS", 1)

    async def body(page: Page) -> None:
        async with Events(page, 99) as events:
            assert (await events.next())[0] == "anew"
        assert (await page.see("jobs/made/data")).code == 200

        async with Events(page, await number_of(page)):
            answer = await page.see("jobs/made/events?after=99")
            while answer.code != 503:  # the first one comes in a moment
                answer = await page.see("jobs/made/events?after=99")

    with_page(body, log)


async def number_of(page: Page) -> int:
    answer = await page.see("jobs/made/data")
    return int(unpack(gzip.decompress(answer.body))[0]["number"])


def test_large_changes_are_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MOST_ROWS", 10)
    log = write_log(tmp_path / "made.jsonl", iter([began(100, 0)]))
    one = Feed(log)
    read_on(one)
    number = one.number
    with log.open("ab") as file:
        for index in range(11):
            file.write(ev.encode(ev.AttemptBegan(1.0, f"map-{index}", 0, "w")))
    read_on(one)
    assert len(one.sheet) == 11
    assert one.since(number) is None
    one.close()


# The end ----------------------------------------------------------------------------------------


def test_it_ends_some_time_after_the_job(log: Path) -> None:
    left = [2]

    def goes_on() -> bool:
        left[0] -= 1
        return left[0] > 0

    async def run() -> None:
        listener = bind("http://127.0.0.1:0")
        ending = Ending(linger=0.01, goes_on=goes_on)
        async with asyncio.timeout(30):
            await serve(listener, Entrance(TOKEN), Jobs([log]), ending)
        listener.close()

    asyncio.run(run())
    assert left[0] <= 0


def test_it_ends_with_whoever_has_started_it(log: Path) -> None:
    ours, theirs = os.pipe()

    async def run() -> None:
        listener = bind("http://127.0.0.1:0")
        asyncio.get_running_loop().call_soon(os.close, theirs)
        async with asyncio.timeout(30):
            await serve(listener, Entrance(TOKEN), Jobs([log]), Ending(lifeline=ours))
        listener.close()

    asyncio.run(run())
    os.close(ours)
