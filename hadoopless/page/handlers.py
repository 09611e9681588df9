"""The pages: the list of jobs, a job, its data, its changes as they come, and comparisons."""

from __future__ import annotations

import asyncio
import urllib.parse
from functools import partial
from typing import Any

import tornado.web
from tornado.iostream import StreamClosedError

from hadoopless.errors import InputError
from hadoopless.history.store import shown_time
from hadoopless.page import numbers
from hadoopless.page.entrance import PageHandler
from hadoopless.page.feed import compressed
from hadoopless.page.figures import compared
from hadoopless.page.html import views
from hadoopless.page.html.document import document, list_document
from hadoopless.page.html.flame import profile_beside
from hadoopless.page.html.markup import Html, element, joined
from hadoopless.page.html.what_if import what_if
from hadoopless.page.hub import Hub, Watched
from hadoopless.page.jobs import Jobs, Listed

#: Viewers of one server at a time; each holds a connection.
MOST_VIEWERS = 64
#: A viewer who does not take what he was sent for so long is cut off.
PATIENCE = 15.0
#: A line that means nothing is sent so often: the viewer knows that we are there, and we of him.
_HEARTBEAT = 10.0
#: A page waits so long for its log to be read before it comes without what is not read yet.
_FIRST_WAIT = 0.3
_DATA_WAIT = 120.0


class JobsPageHandler(PageHandler):
    """Handlers that show jobs."""

    jobs: Jobs
    hub: Hub

    def watched(self, key: str) -> Watched:
        """The feed of a job; raises InputError."""
        return self.hub.watch(key, self.jobs.path(key))

    def html(self, text: str) -> None:
        """Answer with a document or a part of one."""
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        self.finish(text)


class ListHandler(JobsPageHandler):
    """The list of all jobs."""

    def get(self) -> None:
        """The document, or only its table."""
        self.hub.last_asked = asyncio.get_running_loop().time()
        table = list_table(self.jobs.listed())
        part = self.get_query_argument("part", "")
        self.html(table if part else list_document(table))


def list_table(jobs: list[Listed]) -> Html:
    """The table of *jobs*."""
    if not jobs:
        return element("p", "There is no job in the history yet.", class_="quiet")
    heads = ("Job", "State", "Began", "#Time", "#Maps", "#Reduces", "#Input", "Programs")
    return views.table("Jobs, the newest first", heads, map(_row, jobs))


def _row(job: Listed) -> tuple[Any, ...]:
    began = job.began
    where = f"jobs/{urllib.parse.quote(job.key, safe='')}/"
    programs = f"{began.mapper} → {began.reducer}" if began.reducer else began.mapper
    return (
        element("a", began.id, href=where),
        views.pill(job.status),
        shown_time(began.time),
        numbers.seconds(job.end.at) if job.end else "",
        numbers.count(began.maps),
        numbers.count(began.reduces),
        numbers.size(began.input_bytes) if began.input_bytes else "",
        element("code", programs[:200]),
    )


class JobHandler(JobsPageHandler):
    """The page of a job."""

    async def get(self, key: str) -> None:
        """The document, with the texts of what is known; its scripts ask for the rest."""
        watched = self.watched(key)
        await watched.caught_up(_FIRST_WAIT)
        feed = watched.feed
        back = element("a", "All jobs", href="../../", class_="back")
        tried = await _tried(key, watched)
        self.html(
            document(
                feed.sheet,
                feed.status,
                {"mode": "live"},
                what_if=tried,
                navigation=back,
                profile=profile_beside(feed.path),
            )
        )


class DataHandler(JobsPageHandler):
    """All attempts of a job, packed."""

    async def get(self, key: str) -> None:
        """The block, in gzip, when the log has been read."""
        watched = self.watched(key)
        with watched.viewer():
            if not await watched.caught_up(_DATA_WAIT):
                raise InputError("the log of this job takes too long to read")
            if watched.error is not None:
                raise watched.error
            loop = asyncio.get_running_loop()
            pack = partial(compressed, watched.feed.whole(), small=False)
            data = await loop.run_in_executor(None, pack)
        self.set_header("Content-Type", "application/octet-stream")
        self.finish(data)


class EventsHandler(JobsPageHandler):
    """The changes of a job as server-sent events."""

    async def get(self, key: str) -> None:
        """Send each change after that of number ``after``, until the viewer leaves."""
        if self.hub.viewers >= MOST_VIEWERS:
            raise tornado.web.HTTPError(503, reason="too many viewers")
        watched = self.watched(key)
        after = self.request.headers.get("Last-Event-ID") or self.get_query_argument("after", "")
        number = int(after) if after.isascii() and after.isdigit() and len(after) < 16 else -1
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("X-Accel-Buffering", "no")
        with watched.viewer():
            try:
                await self._send(b"retry: 1000\n\n")
                await self._follow(watched, number)
            except (StreamClosedError, TimeoutError):
                self._cut()

    async def _follow(self, watched: Watched, number: int) -> None:
        while watched.error is None:
            changes = [] if watched.feed.is_behind else watched.feed.since(number)
            if changes is None:
                await self._send(b"event: anew\ndata:\n\n")
                return
            for change in changes:
                await self._send(b"id: %d\ndata: %s\n\n" % (change.number, change.data))
                number = change.number
            if not changes and not await watched.news(_HEARTBEAT):
                await self._send(b":\n\n")
        await self._send(b"event: gone\ndata:\n\n")

    async def _send(self, data: bytes) -> None:
        self.write(data)
        await asyncio.wait_for(self.flush(), PATIENCE)

    def _cut(self) -> None:
        """Close the connection, whatever waits to be sent on it."""
        connection: Any = self.request.connection
        if connection is not None and connection.stream is not None:
            connection.stream.close()


class WhatIfHandler(JobsPageHandler):
    """The predictions for other numbers, as a part of the page of a job that has just ended."""

    async def get(self, key: str) -> None:
        """The section, or nothing if the job has not succeeded."""
        self.html(await _tried(key, self.watched(key)))


async def _tried(key: str, watched: Watched) -> Html:
    """The section What if; the predictions are made in a thread, while others are served."""
    if watched.feed.is_behind:
        return joined()
    loop = asyncio.get_running_loop()
    return what_if(key, await loop.run_in_executor(None, watched.feed.sheet.grid))


class CompareHandler(JobsPageHandler):
    """A job beside an earlier run of its programs, as a part of its page."""

    async def get(self, key: str) -> None:
        """The choice of earlier runs, and the comparison with the one that is asked for."""
        watched = self.watched(key)
        job = watched.feed.sheet.course.job
        found = self.jobs.earlier(key, job) if job else []
        if not found:
            told = element("p", "There is no earlier run of the same programs.", class_="quiet")
            self.html(told)
            return
        wanted = self.get_query_argument("with", found[0].key)
        before = next((one for one in found if one.key == wanted), found[0])
        loop = asyncio.get_running_loop()
        course = await loop.run_in_executor(None, self.jobs.course, before.path)
        table = views.comparison(
            compared(course, watched.feed.sheet.course),
            shown_time(before.began.time),
            "this run",
        )
        self.html(joined(_choice(found, before), table))


def _choice(found: list[Listed], chosen: Listed) -> Html:
    options = (
        element("option", _told(one), value=one.key, selected=one is chosen) for one in found
    )
    return element(
        "p",
        element("label", "Earlier run ", for_="earlier"),
        element("select", *options, id="earlier"),
    )


def _told(job: Listed) -> str:
    took = f", {numbers.seconds(job.end.at)}" if job.end else ""
    return f"{shown_time(job.began.time)}{took}"


class NotFoundHandler(PageHandler):
    """Any other path."""

    def get(self) -> None:
        """There is nothing."""
        raise InputError("there is no such page")
