"""The pages in a real browser: ``make browser`` installs what these tests need, and runs them."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hadoopless.history import events as ev
from hadoopless.page.report import main as report
from tests.oracle import REPOSITORY
from tests.page.made_logs import made_events, write_log
from tests.page.test_server import hostile_events
from tests.processes import children

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
#: The file of axe-core, which ``make browser`` takes out of its npm package.
AXE = Path(sys.prefix, "axe", "axe.min.js")
#: Milliseconds until something that must come is missed.
PATIENCE = 30_000

playwright: Any = pytest.importorskip("playwright.sync_api", reason="make browser installs it")
pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium: make browser installs it"),
]

Show = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield launched
        launched.close()


@pytest.fixture
def show(browser: Any) -> Iterator[Show]:
    """Opens a page of its own, and checks in the end that it had no trouble, and asked nobody."""
    contexts, troubles, asked = [], [], []

    def open_page(url: str, **settings: Any) -> Any:
        context = browser.new_context(**settings)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda one: troubles.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: troubles.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []
    outside = [one for one in asked if not re.match(r"(file|data|blob):|http://127\.0\.0\.1:", one)]
    assert outside == []


def report_of(path: Path, events: Any) -> str:
    log = write_log(path / "made.jsonl", events)
    made = path / "report.html"
    assert report([str(log), "-o", str(made)]) == 0
    return made.as_uri()


def drawn(page: Any, text: str) -> None:
    """Wait until the lanes say *text*."""
    page.locator("#lanes .counted", has_text=text).wait_for()


@contextmanager
def served(*words: str) -> Iterator[str]:
    """``hadoopless ui`` with *words*: its link."""
    command = [sys.executable, str(REPOSITORY / "hadoopless"), "ui", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def check_axe(page: Any) -> None:
    """Nothing is wrong with *page* by the rules of WCAG 2.2 AA."""
    if not AXE.exists():
        pytest.skip("there is no axe-core: make browser fetches it")
    # A policy keeps scripts out that are not the page's; this one comes from the debugger.
    page.evaluate(AXE.read_text())
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run({runOnly: tags})", tags)
    told = [
        f"{one['id']}: {one['help']}: {node['html'][:200]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
    assert told == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(tmp_path: Path, show: Show, theme: str, width: int) -> None:
    url = report_of(tmp_path, made_events(3000, workers=3, reduces=12))
    page = show(url, color_scheme=theme, viewport={"width": width, "height": 900})
    drawn(page, "3,003 of 3,003 attempts")
    for summary in page.locator("summary").all():
        if summary.locator("xpath=..").get_attribute("open") is None:
            summary.click()
    check_axe(page)
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide, "the page must not scroll sideways"


def test_axe_finds_nothing_on_live_pages(tmp_path: Path, show: Show) -> None:
    log = write_log(tmp_path / "made.jsonl", made_events(60))
    with served(str(log)) as link:
        page = show(link)
        drawn(page, "60 of 60 attempts")
        check_axe(page)
        page.click("text=All jobs")
        page.wait_for_selector("table")
        check_axe(page)


def test_the_verdict_without_scripts(tmp_path: Path, show: Show) -> None:
    log = write_log(tmp_path / "made.jsonl", made_events(60))
    url = report_of(tmp_path, made_events(60))
    with served(str(log)) as link:
        for one in (url, link):
            page = show(one, java_script_enabled=False)
            page.wait_for_selector("text=The job took")
            assert page.locator("text=The largest loss").count() == 1
            assert page.locator("#lanes").is_hidden()


def test_all_of_100_000_attempts(tmp_path: Path, show: Show) -> None:
    page = show(report_of(tmp_path, made_events(100_000, workers=16, reduces=400)))
    drawn(page, "of 100,")
    text = page.locator("#lanes .counted").text_content()
    rows = page.evaluate("page.store.rows")
    assert rows > 100_000  # failed ones were tried again
    assert text.startswith(f"{rows:,} of {rows:,} attempts; shades are density, ")
    page.focus("#lanes canvas")
    for _ in range(7):
        page.keyboard.press("+")
    drawn(page, "in this stretch")
    page.keyboard.press("Home")
    drawn(page, "shades are density")


def test_the_keyboard(tmp_path: Path, show: Show) -> None:
    page = show(report_of(tmp_path, made_events(60)))
    drawn(page, "60 of 60")
    page.focus("#lanes canvas")
    told = page.locator("#lanes .told")
    page.keyboard.press("ArrowRight")
    assert told.text_content().startswith("map-0-0: succeeded")
    page.keyboard.press("ArrowDown")
    assert "· 2" in told.text_content()
    page.keyboard.press("Escape")
    assert not told.text_content().strip()
    page.focus("#partitions canvas")
    page.keyboard.press("ArrowRight")
    assert page.locator("#partitions .told").text_content().startswith("partition 0:")
    page.click("#lanes summary")
    page.click("#lanes th button >> text=Time")
    assert page.locator("#lanes tbody tr").first.text_content().startswith("reduce-3-0")
    page.click("#lanes button >> text=Next")
    assert "51 to 60 of 60" in page.locator("#lanes .pager").text_content()


def try_sliders(page: Any) -> None:
    """The sliders go by the keyboard, and each position tells what the table has."""
    told = page.locator("#what-if output")
    assert re.search(r"Predicted: .* · the job took", told.text_content())
    workers = page.locator("#try-workers")
    workers.focus()
    page.keyboard.press("Home")
    page.locator("#try-reducers").focus()
    page.keyboard.press("Home")
    page.locator("#try-split").focus()
    page.keyboard.press("Home")
    assert workers.get_attribute("aria-valuetext") == "1"
    page.click("#what-if summary")
    cells = page.locator("#what-if tbody tr").first.locator("td").all_text_contents()
    assert f"Predicted: {cells[2]} · " in told.text_content()
    workers.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#try-workers + span").text_content() == "2"
    assert f"Predicted: {cells[3]} · " in told.text_content()
    page.locator("#try-split").focus()
    page.keyboard.press("End")
    assert page.locator("#try-split").get_attribute("aria-valuetext").endswith("(as it was)")
    rows = [
        row.locator("td").all_text_contents() for row in page.locator("#what-if tbody tr").all()
    ]
    lines = [row for row in rows if row[0].endswith("(as it was)")]
    assert f"Predicted: {lines[0][3]} · " in told.text_content()


def test_sliders(tmp_path: Path, show: Show) -> None:
    page = show(report_of(tmp_path, made_events(60)))
    drawn(page, "60 of 60")
    assert page.locator("nav >> text=What if").is_visible()
    try_sliders(page)


def test_sliders_come_with_the_end_of_the_job(tmp_path: Path, show: Show) -> None:
    *events, end = sorted(made_events(60), key=lambda one: one.at)
    log = write_log(tmp_path / "made.jsonl", iter(events))
    with log.open("ab") as running, served(str(log)) as link:
        fcntl.flock(running, fcntl.LOCK_EX)  # as the coordinator of a job that runs
        page = show(link)
        drawn(page, "60 of 60")
        assert page.locator("h1 .pill").text_content().strip().endswith("running")
        assert page.locator("#what-if").count() == 0
        assert page.locator("nav >> text=What if").is_hidden()
        running.write(ev.encode(end))
        running.flush()
        page.wait_for_selector("#what-if-sliders")
        try_sliders(page)


def test_predictions_without_scripts(tmp_path: Path, show: Show) -> None:
    page = show(report_of(tmp_path, made_events(60)), java_script_enabled=False)
    assert page.locator("#what-if table").is_visible()
    assert page.locator("#what-if-sliders").is_hidden()


def test_hostile_texts(tmp_path: Path, show: Show) -> None:
    page = show(report_of(tmp_path, iter(hostile_events())))
    drawn(page, "2 of 2")
    for summary in page.locator("summary").all():
        if summary.locator("xpath=..").get_attribute("open") is None:
            summary.click()
    assert page.locator("img").count() == 0
    log = write_log(tmp_path / "live.jsonl", iter(hostile_events()))
    with served(str(log)) as link:
        page = show(link)
        drawn(page, "2 of 2")
        page.click("nav >> text=Compare")
        page.wait_for_selector("text=no earlier run")
        assert page.locator("img").count() == 0
        page.click("text=All jobs")
        page.wait_for_selector("table")


MAPPER = """\
#!/bin/sh
# Waits for the test; the first attempt at the fourth input fails.
read first
case $first in bad) mkdir "$GO.failed" && { echo "cannot read record 17" >&2; exit 3; } ;; esac
while [ ! -e "$GO" ]; do sleep 0.1; done
echo "$first"
"""


@pytest.mark.cluster
def test_a_running_job(tmp_path: Path, show: Show, our_pool: Any) -> None:
    """A failing task, then a killed worker, are on the page while the job runs, then its end."""
    work = tmp_path / "job"
    work.mkdir()
    mapper = work / "mapper.sh"
    mapper.write_text(MAPPER)
    mapper.chmod(0o755)
    for number, first in enumerate(("one", "two", "three", "bad")):
        (work / f"{number}.in").write_text(f"{first}\n")
    with our_pool(2, f"--root={tmp_path}") as pool:
        command = [
            *(sys.executable, str(REPOSITORY / "hadoopless"), "run", "--dashboard"),
            *(f"--mapperPath={mapper}", "--numReducers=0", f"--jobPath={work}", "--slots=2"),
            *(f"--workers={','.join(pool.urls)}", "--maxAttempts=9", "--no-speculate"),
            f"--env=GO={tmp_path / 'go'}",
        ]
        environment = {**os.environ, "MAPREDUCE_HISTORY": str(tmp_path / "history")}
        with subprocess.Popen(
            command, stderr=subprocess.PIPE, env=environment, cwd=work, text=True
        ) as job:
            assert job.stderr
            link = next(line for line in job.stderr if "see the job at" in line).split()[-1]
            page = show(link)
            page.wait_for_selector("#part-failures >> text=cannot read record #")
            assert page.locator("h1 .pill").text_content().strip().endswith("running")
            os.kill(children(pool.process.pid)[0], signal.SIGKILL)
            page.wait_for_selector("dt >> text=workers lost")
            job.send_signal(signal.SIGINT)
            job.stderr.read()
            job.wait(30)
            page.wait_for_selector("h1 .pill.cancelled")
