"""The summary that a successful job prints at its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hadoopless.job import JobResult
from hadoopless.sizes import show_size
from hadoopless.visible import visible

_SHOWN_OUTPUTS = 3
_WIDTH = 80
_SHOWN_COUNTERS = 200
#: A partition of so many times the mean size gets a warning, unless all are small.
_SKEW = 3.0
_SMALL = 1 << 20


def summary(result: JobResult, *, with_sums: bool = False, verdict: Sequence[str] = ()) -> str:
    """The lines of the summary: tasks, records, bytes, seconds, output files, warnings.

    *with_sums* adds the sums of the ledger; *verdict* is sentences about the time of the job.
    """
    maps, reduces = result.maps, result.reduces
    tasks = f"{len(maps)} map + {len(reduces)} reduce" if reduces else f"{len(maps)} map"
    lines = [f"done in {result.seconds:.2f} s: {tasks} tasks" + _workers(result.workers)]
    read = sum(report.input_bytes for report in maps)
    records = sum(report.output_records for report in maps)
    mapped = sum(report.output_bytes for report in maps)
    written = sum(report.output_bytes for report in reduces or maps)
    if records or read or written:
        between = f" {records:,} records ({show_size(mapped)}) from the mappers," if reduces else ""
        lines.append(f"  {show_size(read)} read,{between} {show_size(written)} written")
        cpu = sum(report.program_cpu for report in (*maps, *reduces))
        lines.append(f"  {cpu:.2f} CPU seconds in the programs")
    if spilled := sum(report.spilled_bytes for report in (*maps, *reduces)):
        lines.append(
            f"  {show_size(spilled)} went to disk, beyond the memory of the workers (--memory)"
        )
    lines += [f"  {line}" for line in (*_extremes(result), *_troubles(result))]
    for sentence in verdict:
        lines += _wrapped(sentence)
    if with_sums:
        lines += ["  sums, which agree:", *(f"    {line}" for line in result.sums)]
    lines += [f"  {line}" for line in _counters(result.counters)]
    lines.append(f"  output: {few(result.outputs)}")
    lines += [f"warning: {warning}" for warning in (*result.warnings, *_skew(result))]
    return visible("\n".join(lines))


def _wrapped(sentence: str) -> list[str]:
    """*sentence* in lines that fit most terminals."""
    import textwrap  # only here: short jobs have no verdict

    return textwrap.wrap(
        sentence, _WIDTH, initial_indent="  ", subsequent_indent="    ", break_long_words=False
    )


def _workers(count: int) -> str:
    """The words for the number of workers, where it is known."""
    return f" on {count} worker{'' if count == 1 else 's'}" if count else ""


def few(names: Sequence[str]) -> str:
    """*names*, or the first and the last of many."""
    if len(names) <= _SHOWN_OUTPUTS:
        return ", ".join(names)
    return f"{names[0]} … {names[-1]} ({len(names)} files)"


def _extremes(result: JobResult) -> Iterator[str]:
    """The slowest task and the largest partition."""
    tasks = [(report.seconds, f"map {i}") for i, report in enumerate(result.maps)]
    tasks += [(report.seconds, f"reduce {i}") for i, report in enumerate(result.reduces)]
    seconds, name = max(tasks, default=(0.0, ""))
    sizes = [report.input_bytes for report in result.reduces]
    if seconds:
        line = f"slowest task: {name}, {seconds:.2f} s"
        total = sum(sizes)
        if len(sizes) > 1 and total:
            share = 100 * max(sizes) / total
            line += f"; largest partition: {sizes.index(max(sizes))}, {share:.0f} % of the data"
        yield line


def _troubles(result: JobResult) -> Iterator[str]:
    counts = [
        (result.retries, "task(s) run again"),
        (result.lost_workers, "worker(s) lost"),
        (result.backups_won, "backup attempt(s) first"),
    ]
    told = ", ".join(f"{count} {what}" for count, what in counts if count)
    if told:
        yield told


def _counters(counters: Sequence[tuple[str, str, int]]) -> Iterator[str]:
    """The counters of the programs; those of a group, one after the other, below its name."""
    last = None
    for group, name, amount in counters[:_SHOWN_COUNTERS]:
        if group != last:
            yield f"counters of {group}:"
            last = group
        yield f"  {name}={amount}"
    if len(counters) > _SHOWN_COUNTERS:
        yield f"… and {len(counters) - _SHOWN_COUNTERS:,} more counters"


def _skew(result: JobResult) -> Iterator[str]:
    sizes = [report.input_bytes for report in result.reduces]
    largest = max(sizes, default=0)
    if largest > _SMALL and largest > _SKEW * sum(sizes) / len(sizes):
        share = 100 * largest / sum(sizes)
        yield (
            f"partition {sizes.index(largest)} holds {share:.0f} % of the data"
            f" ({show_size(largest)}); few keys have most of the records, so one reducer"
            " does most of the work; a combiner may help"
        )
