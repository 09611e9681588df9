"""The section of the page in which a reader tries other numbers: sliders, and a table. Pure."""

from __future__ import annotations

import json
from itertools import product

from hadoopless.history.what_if import REDUCERS, SPLIT, WORKERS, Axis, Grid
from hadoopless.page import numbers
from hadoopless.page.html.markup import Html, element, joined
from hadoopless.page.html.views import table

_LABELS = {SPLIT: "Split size", REDUCERS: "Reducers", WORKERS: "Workers"}
_WORDS = (
    "How long the job would take with other numbers: the scheduler of real jobs ran again over the"
    " durations that were measured, on the processors that there were. Workers on further machines,"
    " slower disks and failures are not in a prediction. Of 22 predictions that were compared with"
    " jobs that really ran so, 19 were within 15\u202f% of the real time."
)


def what_if(name: str, grid: Grid | None) -> Html:
    """The section of the job *name*, or nothing where nothing can be predicted."""
    if grid is None:
        return joined()
    return element(
        "section",
        element("h2", "What if", id="what-if-heading"),
        element("p", _WORDS, class_="quiet words"),
        *((_sliders(grid), _table(grid)) if grid.axes else (_too_many(name),)),
        id="what-if",
        aria_labelledby="what-if-heading",
    )


def _too_many(name: str) -> Html:
    command = element("code", f"hadoopless explain {name} --workers=N")
    return element("p", "The page does not try so many tasks again; ", command, " does.")


def _sliders(grid: Grid) -> Html:
    """A slider for each axis; a script shows them and tells the prediction that they choose."""
    step, made = 1, []
    for axis in reversed(grid.axes):
        made.append(_slider(axis, step))
        step *= len(axis.values)
    return element(
        "div",
        *made,
        element("output", class_="told", for_=" ".join(f"try-{axis.name}" for axis in grid.axes)),
        id="what-if-sliders",
        data_seconds=json.dumps(grid.seconds),
        data_took=grid.took,
        class_="sliders",
        hidden=True,
    )


def _slider(axis: Axis, step: int) -> Html:
    """The slider of *axis*; a move by one is a move by *step* in the list of predictions."""
    name = f"try-{axis.name}"
    shown = [_shown(axis, place) for place in range(len(axis.values))]
    slider = element(
        "input",
        type="range",
        id=name,
        min=0,
        max=len(axis.values) - 1,
        value=axis.own,
        aria_valuetext=shown[axis.own],
        data_step=step,
        data_shown=json.dumps(shown),
    )
    label = element("label", _LABELS[axis.name], for_=name)
    return element("p", label, slider, element("span", shown[axis.own], aria_hidden="true"))


def _shown(axis: Axis, place: int) -> str:
    value = axis.values[place]
    told = numbers.size(value) if axis.name == SPLIT else numbers.count(value)
    return f"{told} (as it was)" if place == axis.own else told


def _table(grid: Grid) -> Html:
    """All predictions: a column for each number of workers, a row for each of the other choices."""
    *others, workers = grid.axes
    columns = range(len(workers.values))
    heads = [f"#{_LABELS[axis.name]}" for axis in others]
    heads += [f"#Workers: {_shown(workers, place)}" for place in columns]
    rows = []
    for number, places in enumerate(product(*(range(len(axis.values)) for axis in others))):
        first = number * len(workers.values)
        told = [_shown(axis, place) for axis, place in zip(others, places, strict=True)]
        rows.append(told + [numbers.seconds(grid.seconds[first + place]) for place in columns])
    caption = f"Predicted times; the job took {numbers.seconds(grid.took)}"
    return element(
        "details",
        element("summary", "Table: predicted times"),
        table(caption, heads, rows),
        class_="tabled",
        open=True,  # without scripts it is all that there is; a script closes it
    )
