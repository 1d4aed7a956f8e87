"""The manifest of a set of shards: what they hold, what they were made from, and what was met on the way."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from common.atomic_files import write_text
from models.constants import SIDES
from models.shard_format import LABELS, MANIFEST, SCHEMA
from transforms.shards.issues import ISSUES, InputIssues, merge_issues
from transforms.shards.shuffle import ShardFile, ShardSettings, negative_keep_rate

MANIFEST_FORMAT = 1


def manifest(
    files: Iterable[ShardFile], found: Iterable[InputIssues], settings: ShardSettings, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """The manifest as it is written; the same for the same shards, whatever the order of work.

    Args:
        files: all shards.
        found: what reading and writing met.
        settings: how they were written.
        facts: whose embeddings they are, and what they were made from.
    """
    ordered = sorted(files, key=lambda file: file.file)
    issues = merge_issues(found)
    troubles = {name: issues.counts[name] for name in ISSUES if issues.counts[name]}
    return {
        "format": MANIFEST_FORMAT,
        **facts,
        "settings": {
            "shards": settings.shards,
            "seed": settings.seed,
            "negatives_per_laugh": settings.negatives_per_laugh,
            "share_of_negatives": round(negative_keep_rate(issues, settings), 6),
        },
        "schema": {field.name: str(field.type) for field in SCHEMA},
        "sides": {side: _totals([file for file in ordered if file.side == side]) for side in SIDES},
        "read": {name: count for name, count in sorted(issues.counts.items()) if name not in ISSUES},
        "troubles": troubles,
        "examples": {name: issues.examples[name] for name in troubles if name in issues.examples},
        "files": [{"file": f.file, "clips": f.clips, "bytes": f.bytes, "sha256": f.sha256} for f in ordered],
    }


def _totals(files: Sequence[ShardFile]) -> dict[str, Any]:
    classes: Counter[str] = Counter()
    for file in files:
        classes.update(file.classes)
    labels = [sum(column) for column in zip(*(file.labels for file in files), strict=True)] or [0] * LABELS
    frames = [sum(column) for column in zip(*(file.frames for file in files), strict=True)]
    return {
        "clips": sum(file.clips for file in files),
        "classes": dict(classes),
        "labels": {str(label): count for label, count in enumerate(labels) if count},
        "frames": {str(number): count for number, count in enumerate(frames) if count},
    }


def write_manifest(
    _: Any, files: list[ShardFile], found: list[InputIssues], settings: ShardSettings, facts: Mapping[str, Any]
) -> str:
    """Write the manifest, last of all, and return its path."""
    path = f"{settings.output.rstrip('/')}/{MANIFEST}"
    write_text(path, json.dumps(manifest(files, found, settings, facts), indent=1, ensure_ascii=False) + "\n")
    return path
