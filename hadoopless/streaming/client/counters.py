"""Shows the counters of a job as Hadoop does [AbstractCounters.toString]. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from hadoopless.hadoop_counters import FORMAT_GROUPS, FRAMEWORK_GROUPS


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
