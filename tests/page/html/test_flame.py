"""Profiles as graphs and tables."""

from __future__ import annotations

import re

from hadoopless.page.html.flame import profile, tree

LINES = ["mapper;main;split 30", "mapper;main 10", "reducer;main;add 60", "no number", "", "x -3"]


def shown(lines: list[str]) -> str:
    html = profile(lines)
    assert html is not None
    return html


def test_frames_are_added_up() -> None:
    root = tree(LINES)
    assert root.samples == 100
    mapper = root.called["mapper"]
    assert (mapper.samples, mapper.own) == (40, 0)
    main = mapper.called["main"]
    assert (main.samples, main.own, main.called["split"].own) == (40, 10, 30)


def test_widths_are_shares() -> None:
    boxes = re.findall(r'<title>([^:]+).*?x="(.*?)" y="(.*?)" width="(.*?)"', shown(LINES))
    assert sorted(boxes) == [
        ("add", "0.000%", "36", "60.000%"),
        ("main", "0.000%", "18", "60.000%"),
        ("main", "60.000%", "18", "40.000%"),
        ("mapper", "60.000%", "0", "40.000%"),
        ("reducer", "0.000%", "0", "60.000%"),
        ("split", "60.000%", "36", "30.000%"),
    ]


def test_the_table_has_the_largest_functions() -> None:
    rows = re.findall(
        r"<td><code>(.*?)</code></td><td.*?>(.*?)</td><td.*?>(.*?)</td>", shown(LINES)
    )
    assert rows == [("add", "60 %", "60"), ("split", "30 %", "30"), ("main", "10 %", "10")]


def test_names_are_no_markup() -> None:
    html = shown(["mapper;<script>alert(1)</script>\x1b[2J 5"])
    assert "<script>" not in html
    assert "\x1b" not in html


def test_without_samples_there_is_nothing() -> None:
    assert profile([]) is None
    assert profile(["senseless", "mapper;x 0"]) is None


def test_deep_and_many_stacks_are_bounded() -> None:
    deep = "mapper;" + ";".join(f"f{number}" for number in range(5000)) + " 7"
    many = [f"mapper;g{number} 1" for number in range(50_000)]
    assert shown([deep]).count("<rect") == 60
    assert shown(many).count("<rect") == 1
    html = shown([f"mapper;h{number} 10" for number in range(400)])
    assert html.count("<rect") == 401
