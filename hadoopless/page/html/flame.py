"""A profile as a flame graph and a table: each frame is as wide as its share of all samples.

The graph hangs from its roots, the roles of the programs, as icicles do. Widths are percentages, so
that it fits any screen without a script.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from hadoopless.history.profile import profile_path
from hadoopless.history.words import percent
from hadoopless.page.html import views
from hadoopless.page.html.markup import Html, element, joined

#: Narrower frames are left out, as shares of all samples; deeper ones, too.
_LEAST_SHARE = 0.002
_DEEPEST = 60
_MOST_FRAMES = 3000
#: The height of a frame and the width of a letter, in pixels, in a graph of 1,000 pixels.
_HEIGHT = 18
_LETTER = 7.0
_WIDTH = 1000
#: Characters of a profile that are read.
_MOST_READ = 16 << 20
#: The rows of the table.
_MOST_ROWS = 20


class Frame:
    """A frame with the frames that it has called."""

    __slots__ = ("called", "name", "own", "samples")

    def __init__(self, name: str) -> None:
        self.name = name
        #: Samples in which it was anywhere on the stack, and those in which it was the innermost.
        self.samples = 0
        self.own = 0
        self.called: dict[str, Frame] = {}


def tree(lines: Iterable[str]) -> Frame:
    """The frames of *lines* in the collapsed form, below one root; senseless lines do not count."""
    root = Frame("all")
    for line in lines:
        stack, _, count = line.rstrip("\n").rpartition(" ")
        if not stack or not (count.isascii() and count.isdigit()):
            continue
        frame, samples = root, int(count)
        frame.samples += samples
        for name in stack.split(";"):
            frame = frame.called.setdefault(name, Frame(name))
            frame.samples += samples
        frame.own += samples
    return root


def profile_beside(log: Path) -> Html | None:
    """The profile of the job whose event log is *log*; None where there is none."""
    try:
        with profile_path(log).open(encoding="utf-8", errors="backslashreplace") as file:
            return profile(file.read(_MOST_READ).splitlines())
    except OSError:
        return None


def profile(lines: Iterable[str]) -> Html | None:
    """The graph and the table of *lines*; None where there are no samples."""
    root = tree(lines)
    if not root.samples:
        return None
    return joined(_graph(root), _table(root))


def _graph(root: Frame) -> Html:
    boxes: list[Html] = []
    deepest = 0
    for frame, left, depth, role in _visible(root):
        if len(boxes) >= _MOST_FRAMES:
            break
        deepest = max(deepest, depth)
        boxes.append(_box(frame, root.samples, left, depth, role))
    return element(
        "svg",
        *boxes,
        class_="flame",
        width="100%",
        height=(deepest + 1) * _HEIGHT,
        role="img",
        aria_label="Flame graph of the profile; the table below has its largest functions",
    )


def _visible(root: Frame) -> Iterator[tuple[Frame, int, int, str]]:
    """The frames to draw, each with the samples to its left, its depth and its role."""
    waiting = [(root, 0, -1, "")]
    while waiting:
        frame, left, depth, role = waiting.pop()
        if depth >= 0:
            yield frame, left, depth, role
        if depth + 1 >= _DEEPEST:
            continue
        at = left
        for called in sorted(frame.called.values(), key=lambda one: (-one.samples, one.name)):
            if called.samples >= _LEAST_SHARE * root.samples:
                waiting.append((called, at, depth + 1, role or called.name))
            at += called.samples


def _box(frame: Frame, total: int, left: int, depth: int, role: str) -> Html:
    share = frame.samples / total
    x, y = f"{100 * left / total:.3f}%", depth * _HEIGHT
    kind = "reducer" if role in ("reducer", "combiner") else "mapper"
    told = f"{frame.name}: {percent(share)}, {frame.samples:,} samples, {frame.own:,} in itself"
    letters = int(share * _WIDTH / _LETTER) - 1
    label = frame.name if len(frame.name) <= letters else frame.name[: max(0, letters - 1)] + "…"
    return element(
        "g",
        element("title", told),
        element(
            "rect",
            x=x,
            y=y,
            width=f"{100 * share:.3f}%",
            height=_HEIGHT - 1,
            class_=f"frame {kind} {'odd' if depth % 2 else 'even'}",
        ),
        element("text", label, x=x, y=y + 13, dx=3) if letters > 3 else None,
    )


def _table(root: Frame) -> Html:
    """The functions in which most of the time was spent."""
    own: Counter[str] = Counter()
    waiting = [root]
    while waiting:
        frame = waiting.pop()
        own[frame.name] += frame.own
        waiting.extend(frame.called.values())
    rows = [
        (element("code", name), percent(samples / root.samples), f"{samples:,}")
        for name, samples in sorted(own.items(), key=lambda one: (-one[1], one[0]))[:_MOST_ROWS]
        if samples
    ]
    heads = ("Function", "#Share", "#Samples in itself")
    return views.table("The functions with the most samples", heads, rows)
