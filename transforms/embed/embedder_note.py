"""Whose embeddings a store holds: embedder.json beside the parts, so that those of two embedders never mix."""

from __future__ import annotations

import json

from common.atomic_files import read_text, write_text
from common.errors import UsageError
from common.partitions import list_days
from models.embedding_space import EmbeddingSpace
from transforms.embed.store import StoreError, list_day, read_info, store_errors


class EmbedderMismatch(UsageError):
    """The store holds the embeddings of another embedder; the message is one sentence."""


def read_space(root: str) -> EmbeddingSpace | None:
    """Whose embeddings the store holds; None where nothing is noted yet.

    Raises:
        StoreError: the note cannot be read, or does not tell.
    """
    path = _space_path(root)
    noted = read_text(path)
    try:
        return None if noted is None else EmbeddingSpace.from_document(json.loads(noted))
    except ValueError as error:
        raise StoreError(
            f"{path} does not tell whose embeddings the store holds ({error}); put back the one it was made with, or "
            "give another --store"
        ) from error


def check_embedder(root: str, space: EmbeddingSpace, fingerprint: str, *, note: bool = True) -> None:
    """Note whose embeddings the store holds, at the first run, and refuse another embedder at every later one.

    Args:
        root: of the store.
        space: of this run's embedder.
        fingerprint: of this run's embedder, by which parts are known where there is no note beside them.
        note: whether to write the note where there is none.

    Raises:
        EmbedderMismatch: the store is another embedder's, or has parts and nothing tells whose.
        StoreError: the note cannot be read or written.
    """
    path = _space_path(root)
    with store_errors(path):
        noted = read_space(root)
        if noted is None:
            embedder = _embedder_of_parts(root)
            if embedder not in (None, fingerprint):
                raise EmbedderMismatch(
                    f"{path} is missing, and the parts beside it were made by another embedder than this run's "
                    f"{space.name}, or at another precision; put it back, or give another --output or --store"
                )
            if note:
                write_text(path, json.dumps(space.to_document()) + "\n")
    if noted is not None and noted.weights_id != space.weights_id:
        raise EmbedderMismatch(
            f"the store {root} holds embeddings of {noted.name}, made by other weights than those of this "
            f"run's {space.name}; use the bundle it was made with, or give another --output or --store"
        )


def _embedder_of_parts(root: str) -> str | None:
    """The embedder's fingerprint in the first part that has embeddings; None where there is no such part."""
    for date in list_days(root):
        for part in list_day(root, date):
            info = read_info(part.path)
            if info is not None and info.seconds:
                return info.embedder_fingerprint
    return None


def _space_path(root: str) -> str:
    return f"{root.rstrip('/')}/embedder.json"
