"""Adds up a job's counters and prints them as Hadoop does [AbstractCounters.toString]. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hadoopless.hadoop_counters import FORMAT_GROUPS, FRAMEWORK_GROUPS, OLD_GROUPS

#: Group -> name -> count.
CounterGroups = dict[str, dict[str, int]]


def add(counters: CounterGroups, more: Iterable[tuple[str, str, int]]) -> None:
    """Add *more* to *counters*; sums wrap as Java's long does."""
    for group, name, amount in more:
        names = counters.setdefault(OLD_GROUPS.get(group, group), {})
        names[name] = _long(names.get(name, 0) + amount)


def _long(number: int) -> int:
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)


def shown(counters: Mapping[str, Mapping[str, int]]) -> str:
    """The text of all *counters*, from ``Counters: N`` on."""
    groups: list[tuple[str, list[tuple[str, int]]]] = []
    for internal, (title, names) in FRAMEWORK_GROUPS.items():
        groups.append((title, _of_enum(counters.get(internal, {}), names)))
    others = [name for name in counters if name not in FRAMEWORK_GROUPS]
    for internal in sorted(others, key=lambda name: name.encode("utf-8", "surrogateescape")):
        if internal in FORMAT_GROUPS:
            title, names = FORMAT_GROUPS[internal]
            groups.append((title, _of_enum(counters[internal], names)))
        else:
            by_name = sorted(
                counters[internal].items(),
                key=lambda item: item[0].encode("utf-8", "surrogateescape"),
            )
            groups.append((internal, by_name))
    groups = [(title, rows) for title, rows in groups if rows]
    lines = [f"Counters: {sum(len(rows) for _, rows in groups)}"]
    for title, rows in groups:
        lines.append(f"\t{title}")
        lines.extend(f"\t\t{name}={amount}" for name, amount in rows)
    return "\n".join(lines)


def _of_enum(counters: Mapping[str, int], names: Mapping[str, str]) -> list[tuple[str, int]]:
    return [(shown, counters[name]) for name, shown in names.items() if name in counters]
