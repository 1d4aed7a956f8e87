"""How much laughter an archive has by hour of the day, by network and by month: from the questions that ship."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from common.errors import UsageError
from common.text import display_text
from transforms.plots.archive import LaughterRate
from transforms.tables.query import ask, queries, query_errors, values_of

NO_NETWORK = "not known"
MAX_NAME_LENGTH = 40


@dataclasses.dataclass(frozen=True)
class ArchiveTotals:
    """What there is in all.

    Attributes:
        recordings, failed: how many; those that failed are among them, and have no audio.
        without_start: recordings with audio whose name tells no time, so that they are in no hour and no month.
        hours, hours_without_start: of audio.
        laughs: events.
        laughing_hours: of them.
    """

    recordings: int
    failed: int
    without_start: int
    hours: float
    hours_without_start: float
    laughs: int
    laughing_hours: float


def check_zone(connection: Any, zone: str) -> None:
    """Refuse a time zone that DuckDB does not know.

    Raises:
        UsageError: it is none.
    """
    known = _rows(connection, "SELECT count(*) FROM pg_timezone_names() WHERE name = $zone", {"zone": zone})
    if not known[0][0]:
        raise UsageError(f"there is no time zone {display_text(zone)}; give one such as America/New_York or UTC")


def archive_totals(connection: Any) -> ArchiveTotals:
    """Count what the tables hold.

    Args:
        connection: as `query_tables.connect` gives it.

    Raises:
        QueryError: a table cannot be read; so do the others.
    """
    rows = _rows(
        connection,
        """
        SELECT
            count(*),
            count(*) FILTER (status = 'failed'),
            count(*) FILTER (status <> 'failed' AND start_utc IS NULL),
            coalesce(sum(audio_s) FILTER (status <> 'failed'), 0) / 3600,
            coalesce(sum(audio_s) FILTER (status <> 'failed' AND start_utc IS NULL), 0) / 3600,
            (SELECT count(*) FROM events),
            (SELECT coalesce(sum(end_s - start_s), 0) / 3600 FROM events)
        FROM recordings
        """,
    )
    return ArchiveTotals(*rows[0])


def by_hour(connection: Any, zone: str) -> list[LaughterRate]:
    """Of each hour of the day in the time zone that has audio, by hour."""
    query = queries()["laughter-by-hour"]
    return _shares(connection, f"SELECT printf('%02d', hour) AS name, * FROM ({query.sql})", _zone(query, zone))


def by_month(connection: Any, zone: str) -> list[LaughterRate]:
    """Of each month in the time zone that has audio, by month."""
    query = queries()["laughter-by-month"]
    sql = f"SELECT month AS name, * FROM ({query.sql}) WHERE month IS NOT NULL"
    return _shares(connection, sql, _zone(query, zone))


def by_network(connection: Any) -> list[LaughterRate]:
    """Of each network that has audio, the most laughter first."""
    query = queries()["laughter-per-hour"]
    sql = f"""
        SELECT
            network AS name,
            sum(hours) AS hours,
            sum(laughs)::BIGINT AS laughs,
            sum(laughing_s_per_hour * hours) / sum(hours) AS laughing_s_per_hour
        FROM ({query.sql}) WHERE hours > 0 GROUP BY network
        ORDER BY laughing_s_per_hour DESC, network
    """
    return _shares(connection, sql, values_of(query, {}))


def months_between(first: str, last: str) -> list[str]:
    """Every month from the first to the last, as YYYY-MM."""
    start, end = (int(month[:-3]) * 12 + int(month[-2:]) - 1 for month in (first, last))
    return [f"{month // 12:04}-{month % 12 + 1:02}" for month in range(start, end + 1)]


def _zone(query: Any, zone: str) -> dict[str, str]:
    return values_of(query, {"zone": zone})


def _shares(connection: Any, sql: str, values: Mapping[str, str]) -> list[LaughterRate]:
    columns = "name, hours, laughs, laughing_s_per_hour / 60"
    rows = _rows(connection, f"SELECT {columns} FROM ({sql}) WHERE hours > 0", values)
    return [
        LaughterRate(
            NO_NETWORK if name is None else display_text(name, longest=MAX_NAME_LENGTH), hours, laughs, minutes
        )
        for name, hours, laughs, minutes in rows
    ]


def _rows(connection: Any, sql: str, values: Mapping[str, str] | None = None) -> Sequence[tuple[Any, ...]]:
    relation = ask(connection, sql, values)
    with query_errors():
        return list(relation.fetchall())
