"""The parts of the page that are texts and tables, as HTML that needs no script. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hadoopless.history import events as ev
from hadoopless.history.course import Course
from hadoopless.history.losses import Loss
from hadoopless.history.slot_time import SlotTime
from hadoopless.history.store import shown_time
from hadoopless.history.verdict import Verdict
from hadoopless.history.words import percents
from hadoopless.page import numbers
from hadoopless.page.failures import MOST_GROUPS, Group
from hadoopless.page.figures import Change, Figure
from hadoopless.page.html.markup import Child, Html, element, joined

#: The figures at the top; the others are told in comparisons.
_TILES = (
    *("duration", "maps", "reduces", "input", "records", "mapped", "fetched", "spilled"),
    *("output", "failed", "lost", "programs", "own", "map_longest", "reduce_longest"),
)
#: The words, shapes and letters of a job's states.
_STATUS = {
    "running": ("running", "▶"),
    "succeeded": ("succeeded", "✓"),
    "failed": ("failed", "✕"),
    "cancelled": ("cancelled", "—"),
    "reading": ("reading its log", "…"),
    "unfinished": ("ended without a word", "?"),
}


def status_of(course: Course, is_alive: bool) -> str:
    """The state of the job: one of the words of JobEnded, running, or unfinished."""
    if course.end is not None:
        return course.end.status
    return "running" if is_alive else "unfinished"


def pill(status: str) -> Html:
    """The state of a job by colour, shape and word."""
    word, shape = _STATUS.get(status, (status, "?"))
    known = status if status in _STATUS else "unfinished"
    return element(
        "span", element("span", shape, aria_hidden="true"), " ", word, class_=f"pill {known}"
    )


def head(course: Course, status: str) -> Html:
    """The name of the job, its state and its programs."""
    job = course.job
    if job is None:
        return element("h1", "a job")
    programs = joined(
        element("code", job.mapper),
        *(joined(" → ", element("code", job.reducer)) for _ in [0] if job.reducer),
    )
    place = f"{shown_time(job.time)} on {job.host}" if job.host else shown_time(job.time)
    return joined(
        element("h1", "Job ", element("span", job.id, class_="id"), " ", pill(status)),
        element("p", programs, element("span", f" · {place}", class_="quiet"), class_="programs"),
    )


def tiles(figures: Mapping[str, Figure]) -> Html:
    """The figures at the top; those that are nothing are left out."""
    shown = [figures[name] for name in _TILES if figures[name].value]
    return element("dl", *map(_tile, shown), class_="tiles")


def _tile(figure: Figure) -> Html:
    note = element("span", " ", figure.note, class_="quiet") if figure.note else None
    return element("div", element("dt", figure.label), element("dd", figure.shown, note))


# Verdict ------------------------------------------------------------------------------------------

#: The uses of slot-seconds: field, words, and the class that gives the colour.
_USES = (
    ("programs", "your programs", "programs"),
    ("ours", "sort, fetch, merge, write", "ours"),
    ("waiting", "waiting", "waiting"),
    ("redone", "attempts that did not count", "redone"),
    ("running", "attempts that have not ended", "running"),
    ("idle", "free", "idle"),
)
_BAR = 1000


def verdict(told: Verdict) -> Html:
    """The sentences, the bar of slot-seconds, the bounds, and all losses with their advice."""
    first, *others = told.sentences
    sentences = (element("p", one, class_="sentence") for one in others)
    return joined(
        element("p", first, class_="sentence first"),
        *sentences,
        _slot_bar(told.slot_time),
        _bounds(told),
        _losses(told.losses),
    )


def _slot_bar(times: SlotTime) -> Html | None:
    total = times.total
    if not total:
        return None
    uses = [(getattr(times, field), words, kind) for field, words, kind in _USES]
    rects, keys, at = [], [], 0.0
    shares = percents([value for value, _, _ in uses])
    for (value, words, kind), share in zip(uses, shares, strict=True):
        if value <= 0:
            continue
        width = _BAR * value / total
        place = {"x": f"{at:.1f}", "y": "0", "width": f"{width:.1f}", "height": "20"}
        rects.append(element("rect", class_=f"use {kind}", **place))
        at += width
        amount = element("b", share)
        told = (amount, " ", words, element("span", f" {numbers.seconds(value)}", class_="quiet"))
        mark = element("i", class_=f"key use {kind}", aria_hidden="true")
        keys.append(element("li", mark, *told))
    bar = element(
        "svg",
        *rects,
        viewBox=f"0 0 {_BAR} 20",
        preserveAspectRatio="none",
        class_="slots",
        aria_hidden="true",  # the list below tells the same
    )
    return joined(
        element("h3", "Slot-seconds"),
        bar,
        element("ul", *keys, class_="legend", aria_label="Use of slot-seconds"),
    )


def _bounds(told: Verdict) -> Html | None:
    bounds = told.bounds
    if not bounds.least:
        return None
    return element(
        "p",
        "No schedule can be shorter than ",
        element("b", numbers.seconds(bounds.least)),
        f": all work over {numbers.count(told.slots)} slots takes {numbers.seconds(bounds.work)},"
        f" the longest tasks take {numbers.seconds(bounds.longest_tasks)}.",
        class_="quiet",
    )


def _losses(losses: Sequence[Loss]) -> Html | None:
    if not losses:
        return None
    items = (
        element(
            "li",
            element("b", numbers.share(loss.share, 1)),
            f" {loss.cause}",
            element("span", f" — {loss.advice}", class_="quiet") if loss.advice else None,
        )
        for loss in losses
    )
    heading = element("h3", "What was lost, and what changes it")
    return joined(heading, element("ol", *items, class_="losses"))


# Failures -----------------------------------------------------------------------------------------


#: The workers on which attempts have failed, when they are so few.
_NAMED_WORKERS = 4


def failures(groups: Sequence[Group]) -> Html:
    """The failures of the job, those of one kind together, the most frequent first."""
    if not groups:
        return element("p", "No attempt has failed.", class_="quiet")
    ordered = sorted(enumerate(groups), key=lambda one: -one[1].count)
    told = [_group(number, group) for number, group in ordered]
    if len(groups) == MOST_GROUPS:
        told.append(element("p", f"Only {MOST_GROUPS} kinds are told apart.", class_="quiet"))
    return joined(*told)


def _group(number: int, group: Group) -> Html:
    times = "once" if group.count == 1 else f"{numbers.count(group.count)} times"
    who = f"{group.role or 'attempt'} · {group.result}"
    if group.exit is not None:
        who += f" · exit code {group.exit}"
    return element(
        "details",
        element(
            "summary",
            element("span", times, class_="times"),
            " ",
            element("span", group.title or group.result, class_="title"),
            " ",
            element("span", who, class_="quiet"),
        ),
        element("p", _names(group), class_="quiet"),
        _labelled("Standard error of the first one", group.stderr),
        _labelled("Message", group.message),
        _labelled("Command", group.command),
        _labelled("Input", group.input),
        _copied("Run it again by hand", group.replay, f"replay-{number}"),
        class_="failure",
        id=f"failure-{number}",
        open=len(group.names) > 0 and number == 0,
    )


def _names(group: Group) -> str:
    more = group.count - len(group.names)
    names = ", ".join(group.names) + (f" and {numbers.count(more)} more" if more else "")
    if len(group.workers) > _NAMED_WORKERS:
        return f"{names} — on many workers"
    workers = ", ".join(
        f"{name} ({numbers.count(times)})" if group.count > 1 else name
        for name, times in group.workers.items()
    )
    return f"{names} — on {workers}"


def _labelled(label: str, text: str) -> Html | None:
    if not text:
        return None
    # A region that scrolls must be reached by the keyboard.
    shown = element("pre", text, tabindex=0, role="group", aria_label=label)
    return joined(element("h3", label), shown)


def _copied(label: str, text: str, name: str) -> Html | None:
    if not text:
        return None
    button = element("button", "Copy", type="button", data_copy=name, class_="copy", hidden=True)
    shown = element("pre", text, id=name, tabindex=0, role="group", aria_label=label)
    return joined(element("h3", label, " ", button), shown)


# Tables -------------------------------------------------------------------------------------------


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[Child]]) -> Html:
    """A table; columns whose heads begin with ``#`` hold numbers."""
    numeric = [one.startswith("#") for one in heads]
    body = [
        element(
            "tr",
            *(
                element("td", cell, class_="n" if is_number else None)
                for cell, is_number in zip(row, numeric, strict=True)
            ),
        )
        for row in rows
    ]
    top = element(
        "tr",
        *(
            element("th", one.lstrip("#"), scope="col", class_="n" if is_number else None)
            for one, is_number in zip(heads, numeric, strict=True)
        ),
    )
    whole = element(
        "table", element("caption", caption), element("thead", top), element("tbody", *body)
    )
    return element("div", whole, class_="scroll", tabindex=0, role="group", aria_label=caption)


def top_keys(keys: Sequence[tuple[int, ev.TopKey]], shuffled: int) -> Html | None:
    """The keys with the most bytes, if they are known."""
    if not keys:
        return None
    rows = (
        (
            element("code", key.key),
            numbers.count(partition),
            numbers.count(key.records),
            numbers.size(key.bytes),
            numbers.share(key.bytes, shuffled),
        )
        for partition, key in keys
    )
    heads = ("Key", "#Partition", "#Records", "#Bytes", "#Share")
    return table("The keys with the most bytes", heads, rows)


def counters(course: Course) -> Html:
    """The counters of the job, as its end tells them."""
    if course.end is None or not course.end.counters:
        told = "They come with the end of the job." if course.end is None else "There are none."
        return element("p", told, class_="quiet")
    rows = ((group, name, numbers.count(amount)) for group, name, amount in course.end.counters)
    return table("Counters", ("Group", "Counter", "#Amount"), rows)


def end(course: Course) -> Html:
    """The error and the warnings of a job that has ended."""
    if course.end is None:
        return joined()
    told: list[Html] = []
    if course.end.failure is not None:
        told.append(element("pre", course.end.failure.message, class_="error", tabindex=0))
    told += (element("p", "Warning: ", one) for one in course.end.warnings)
    return joined(*told)


def settings(course: Course) -> Html:
    """The command of the job, its programs and choices, inputs and outputs."""
    job = course.job
    if job is None:
        return joined()
    rows: list[tuple[str, str]] = [
        ("Mapper", job.mapper),
        ("Combiner", job.combiner),
        ("Partitioner", job.partitioner),
        ("Reducer", job.reducer),
        ("Inputs", _listed(job.inputs, job.input_files)),
        ("Output directory", job.output),
        ("Outputs", _listed(course.end.outputs, course.end.output_files) if course.end else ""),
        ("Working directory", job.cwd),
        ("Machine", f"{job.host}, {job.cores} cores" if job.host else ""),
        ("Coordinator", f"process {job.pid}, {job.mode}, version {job.version}"),
        *((f"--{name}", value) for name, value in job.settings.items()),
    ]
    if job.resumed:
        rows.append(("Resumed", "yes"))
    command = _copied("Command", " ".join(map(_word, job.command)), "command")
    shown = ((name, element("code", value)) for name, value in rows if value)
    return joined(command, table("Settings", ("Name", "Value"), shown))


def _listed(paths: Sequence[str], number: int) -> str:
    more = number - len(paths)
    return ", ".join(paths) + (f" and {numbers.count(more)} more" if more > 0 else "")


def _word(word: str) -> str:
    """*word* as a shell reads it."""
    import shlex  # only here: it takes time to load

    return shlex.quote(word)


def comparison(changes: Sequence[Change], before: str, after: str) -> Html:
    """Two runs of one command, side by side."""
    rows = ((one.label, one.before, one.after, _ratio(one.ratio)) for one in changes)
    heads = ("Figure", f"#{before}", f"#{after}", "#Change")
    return table("This run beside an earlier one of the same command", heads, rows)


def _ratio(ratio: float) -> str:
    if not ratio:
        return "—"
    percent = round(100 * (ratio - 1))
    return f"{percent:+,d}\u202f%" if percent else "same"
