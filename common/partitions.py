"""Days as folders in Hive's style, date=YYYY-MM-DD, below the store and below each table."""

from __future__ import annotations

from common.listing import list_folder

NULL_DATE = "__HIVE_DEFAULT_PARTITION__"
"""Hive's name for the partition of rows without a date."""


def day_folder(root: str, date: str) -> str:
    """The folder of one day below `root`, in Hive's style."""
    return f"{root.rstrip('/')}/date={date}"


def list_days(root: str) -> list[str]:
    """The days that have a folder below `root`, sorted; empty where there is no such folder."""
    days = (entry.name for entry in list_folder(root) if entry.is_folder and entry.name.startswith("date="))
    return sorted(day.removeprefix("date=") for day in days)
