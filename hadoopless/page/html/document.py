"""The document of a job: one HTML file with its styles and scripts in it, and its policy.

Nothing is loaded from anywhere: the policy allows only the styles and scripts that are in the
document, by their hashes, and a live page may ask its own server. What a job tells is never markup.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from hadoopless.history.course import Course
from hadoopless.history.verdict import verdict_of
from hadoopless.page.figures import figures_of
from hadoopless.page.html import views
from hadoopless.page.html.markup import Html, element, joined
from hadoopless.page.sheet import Sheet

_STATIC = Path(__file__).parents[1] / "static"
_STYLES = ("uPlot.min.css", "page.css")
#: In this order: each uses those before it.
SCRIPTS = (
    "uPlot.iife.min.js",
    "base.js",
    "unpack.js",
    "store.js",
    "tables.js",
    "canvas.js",
    "path.js",
    "lanes.js",
    "scatter.js",
    "series.js",
    "resources.js",
    "partitions.js",
    "what_if.js",
    "live.js",
    "main.js",
)
_LIST_SCRIPT = "list.js"
#: The sections with charts, which scripts draw: id, heading, and a word about each.
CHARTS = (
    (
        "lanes",
        "Lanes",
        "A row for each slot of a worker, a bar for each attempt. The dashed line is the end of the"
        " last map: reduces can merge only then. The outlined bars are the critical path, in which"
        " each attempt waited for the one before it.",
    ),
    (
        "resources",
        "Resources over time",
        "Tasks that run, bytes a second, and what the workers used. Bytes of an attempt are spread"
        " evenly over its time.",
    ),
    (
        "scatter",
        "Bytes against seconds",
        "A point for each attempt. Points that lie high belong to slow machines or slow records,"
        " points that lie far to the right have more data than the others.",
    ),
    (
        "partitions",
        "Partitions",
        "The input of each reduce. One that is far longer than the others keeps the job waiting.",
    ),
)
_PROFILE = element(
    "p",
    "Python programs of some tasks, sampled: each frame is as wide as its share of the samples, and"
    " what it has called is below it.",
    class_="quiet words",
)
#: The parts of the page that are HTML, in their sections.
HTML_PARTS = ("head", "verdict", "tiles", "end", "failures", "keys", "counters", "settings")


@cache
def _static(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


@cache
def policy(*, live: bool) -> str:
    """The Content-Security-Policy of documents, which allows only what is ours."""
    rules = [
        "default-src 'none'",
        f"script-src {' '.join(_hash(_static(name)) for name in (*SCRIPTS, _LIST_SCRIPT))}",
        f"style-src {' '.join(_hash(_static(name)) for name in _STYLES)}",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    if live:
        rules += ["connect-src 'self'", "frame-ancestors 'none'"]
    return "; ".join(rules)


def html_parts(sheet: Sheet, status: str, wanted: set[str] | None = None) -> dict[str, Html]:
    """The parts of the page that are HTML; *wanted*: the names of some."""
    course = sheet.course
    figures = figures_of(course) if wanted is None or wanted & {"tiles", "keys"} else {}
    makers: dict[str, Callable[[], Html]] = {
        "head": lambda: views.head(course, status),
        "verdict": lambda: _verdict(course, status),
        "tiles": lambda: views.tiles(figures),
        "end": lambda: views.end(course),
        "failures": lambda: views.failures(sheet.failures.groups),
        "keys": lambda: views.top_keys(sheet.top_keys, int(figures["mapped"].value)) or joined(),
        "counters": lambda: views.counters(course),
        "settings": lambda: views.settings(course),
    }
    return {name: make() for name, make in makers.items() if wanted is None or name in wanted}


def _verdict(course: Course, status: str) -> Html:
    if course.job is None:
        return joined()
    return views.verdict(verdict_of(course, runs=status != "unfinished"))


def data_parts(sheet: Sheet, status: str) -> dict[str, Any]:
    """The parts that scripts draw, beside the columns of attempts."""
    return {"clock": clock(sheet, status), "workers": workers(sheet), "loads": loads(sheet)}


def clock(sheet: Sheet, status: str) -> dict[str, Any]:
    """The time of the job, and how many tasks it has."""
    job = sheet.course.job
    maps, reduces = (job.maps, job.reduces) if job else (0, 0)
    return {"now": sheet.course.now, "status": status, "maps": maps, "reduces": reduces}


def workers(sheet: Sheet) -> dict[str, Any]:
    """The lanes, and the times at which workers were lost."""
    course = sheet.course
    return {
        "lanes": [[worker[:200], slot] for worker, slot in course.lanes],
        "lost": [[one.worker[:200], one.at] for one in course.lost_workers[:1000]],
    }


def loads(sheet: Sheet) -> dict[str, Any]:
    """The loads of the workers, as series: times, resident bytes, CPU seconds."""
    return {
        worker[:200]: [list(series.times), *map(list, series.values)]
        for worker, series in sheet.loads.items()
    }


def document(
    sheet: Sheet,
    status: str,
    config: dict[str, Any],
    *,
    data: bytes | None = None,
    what_if: Html | None = None,
    compare: Html | None = None,
    navigation: Html | None = None,
    profile: Html | None = None,
) -> str:
    """The whole document; *data* are the packed columns of a report, a live page has none."""
    parts = html_parts(sheet, status)
    job = sheet.course.job
    title = f"{job.id if job else 'job'} — hadoopless"
    stored = None
    if data is not None:
        # A browser takes a script of a type that it does not know for data.
        packed = Html(base64.b64encode(data).decode())
        stored = element("script", packed, type="application/octet-stream", id="data")
    written = Html(json.dumps(config).replace("<", "\\u003c"))
    body = element(
        "body",
        element("a", "Skip to the verdict", class_="skip", href="#verdict"),
        element("header", navigation, part("head", parts["head"]), _contents(profile is not None)),
        element("main", *_sections(parts, what_if, compare, profile), id="main"),
        element("p", id="announced", class_="unseen", role="status", aria_live="polite"),
        element("script", written, type="application/json", id="config"),
        stored,
        *(element("script", Html(_static(name))) for name in SCRIPTS),
    )
    return _html(title, body, live=data is None)


def plain_document(title: str, body: Html) -> str:
    """A document without scripts."""
    return _html(title, element("body", element("main", body)), live=True)


def _html(title: str, body: Html, *, live: bool) -> str:
    # The server of a live page sends the policy as a header.
    said = None if live else policy(live=False)
    top = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=said) if said else None,
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        *(element("style", Html(_static(name))) for name in _STYLES),
    )
    return "<!doctype html>\n" + element("html", top, body, lang="en")


def _contents(has_profile: bool) -> Html:
    links = [("verdict", "Verdict"), *((name, heading) for name, heading, _ in CHARTS)]
    links[2:2] = [("failures", "Failures")]
    if has_profile:
        links.append(("profile", "Profile"))
    # A style hides the link to What if as long as there is no such section.
    links += [("what-if", "What if"), ("counters", "Counters"), ("settings", "Settings")]
    links.append(("compare", "Compare"))
    items = (element("a", heading, href=f"#{name}") for name, heading in links)
    return element("nav", *items, aria_label="Sections", class_="contents")


def part(name: str, content: Html) -> Html:
    """A part that scripts may put another one in place of."""
    return element("div", content, id=f"part-{name}")


def _sections(
    parts: dict[str, Html], what_if: Html | None, compare: Html | None, profile: Html | None
) -> list[Html | None]:
    keys = part("keys", parts["keys"])
    charts = {
        name: _chart(name, heading, words, keys if name == "partitions" else None)
        for name, heading, words in CHARTS
    }
    no_script = element("noscript", element("p", "The charts are drawn by JavaScript."))
    none = element("p", "There is no earlier run of the same command.", class_="quiet")
    return [
        _section(
            "verdict",
            "Verdict",
            *(part(name, parts[name]) for name in ("verdict", "end", "tiles")),
            no_script,
        ),
        charts["lanes"],
        _section("failures", "Failures", part("failures", parts["failures"])),
        charts["resources"],
        charts["scatter"],
        charts["partitions"],
        None if profile is None else _section("profile", "Profile", _PROFILE, profile),
        part("what-if", what_if or joined()),
        _section("counters", "Counters", part("counters", parts["counters"])),
        _section("settings", "Settings", part("settings", parts["settings"])),
        _section("compare", "Compare", part("compare", compare or none)),
    ]


def _section(name: str, heading: str, *content: Html) -> Html:
    top = element("h2", heading, id=f"{name}-heading")
    return element("section", top, *content, id=name, aria_labelledby=f"{name}-heading")


def _chart(name: str, heading: str, words: str, more: Html | None) -> Html:
    """A section that a script fills; *more* is shown below the chart."""
    return element(
        "section",
        element("h2", heading, id=f"{name}-heading"),
        element("p", words, class_="quiet words", id=f"{name}-words"),
        element("div", class_="drawn", id=f"{name}-drawn"),
        more,
        id=name,
        aria_labelledby=f"{name}-heading",
        class_="chart",
        hidden=True,
    )


def list_document(table: Html) -> str:
    """The document with the list of all jobs, which a script keeps up to date."""
    body = element(
        "body",
        element("header", element("h1", "Jobs")),
        element("main", element("div", table, id="part-list"), id="main"),
        element("script", Html(_static(_LIST_SCRIPT))),
    )
    return _html("Jobs — hadoopless", body, live=True)
