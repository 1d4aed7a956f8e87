"""Heads as files: an .npz of named arrays and one JSON string, written and read without pickles."""

from __future__ import annotations

import dataclasses
import json
import os
from typing import Any

import numpy as np
import numpy.typing as npt

from common.atomic_files import atomic_file
from models.networks.head import CHOICES, Head, LstmWeights

MEMBER_PREFIX = "other"
"""Begins the names of the arrays of further networks in a file."""


def save_head(head: Head, path: str | os.PathLike[str]) -> None:
    """Write the head to the local `path`, whole or not at all.

    It is an .npz of named arrays and one JSON string, without pickles.
    """
    arrays = _arrays(head)
    for number, member in enumerate(head.members):
        arrays |= {f"{MEMBER_PREFIX}{number}_{name}": value for name, value in _arrays(member).items()}
    settings = {name: getattr(head, name) for name in CHOICES}
    with atomic_file(os.fspath(path)) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, settings=np.array(json.dumps(settings)), **arrays)


def _arrays(head: Head) -> dict[str, npt.NDArray[Any]]:
    arrays = {name: value for name, value in vars(head).items() if isinstance(value, np.ndarray)}
    for side in ("forward", "backward"):
        lstm = getattr(head, side)
        if lstm is not None:
            arrays |= {f"{side}_{name}": value for name, value in vars(lstm).items()}
    return arrays


def load_head(path: str | os.PathLike[str]) -> Head:
    """Read a head written by `save_head`.

    Raises:
        ValueError: one sentence naming the file, where it is not such a head.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        settings = json.loads(str(arrays.pop("settings")))
        members: list[Head] = []
        while prefixed := [name for name in arrays if name.startswith(f"{MEMBER_PREFIX}{len(members)}_")]:
            members.append(_network({name.split("_", 1)[1]: arrays.pop(name) for name in prefixed}, settings))
        return dataclasses.replace(_network(arrays, settings), members=tuple(members))
    except FileNotFoundError:
        raise ValueError(f"there is no head at {os.fspath(path)}; give a bundle's folder or a head.npz") from None
    except Exception as error:
        raise ValueError(
            f"{os.fspath(path)} is not a head written by this project ({error}); train one, or import one with "
            "`laughter models import`"
        ) from error


def _network(arrays: dict[str, npt.NDArray[Any]], settings: dict[str, str]) -> Head:
    lstms = {side: _pop_lstm(arrays, side) for side in ("forward", "backward")}
    if lstms["forward"] is None:
        raise KeyError("forward_kernel")
    return Head(**arrays, **settings, **lstms)  # type: ignore[arg-type]


def _pop_lstm(arrays: dict[str, npt.NDArray[Any]], side: str) -> LstmWeights | None:
    if f"{side}_kernel" not in arrays:
        return None
    return LstmWeights(*(arrays.pop(f"{side}_{field.name}") for field in dataclasses.fields(LstmWeights)))
