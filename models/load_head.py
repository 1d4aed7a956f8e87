"""Reads heads from files as `HeadWeights.save` writes them, without executing anything from them."""

from __future__ import annotations

import dataclasses
import json
import os
from typing import Any

import numpy as np
import numpy.typing as npt

from models.hybrid_head import OTHER, HeadWeights, LstmWeights


def load_head(path: str | os.PathLike[str]) -> HeadWeights:
    """Read a head written by `HeadWeights.save`.

    Raises:
        ValueError: one sentence naming the file, where it is not such a head.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        settings = json.loads(str(arrays.pop("settings")))
        others: list[HeadWeights] = []
        while prefixed := [name for name in arrays if name.startswith(f"{OTHER}{len(others)}_")]:
            others.append(_network({name.split("_", 1)[1]: arrays.pop(name) for name in prefixed}, settings))
        return dataclasses.replace(_network(arrays, settings), others=tuple(others))
    except FileNotFoundError:
        raise ValueError(f"there is no head at {os.fspath(path)}; give a bundle's folder or a head.npz") from None
    except Exception as error:
        raise ValueError(
            f"{os.fspath(path)} is not a head written by this project ({error}); train one, or import one with "
            "`laughter models import`"
        ) from error


def _network(arrays: dict[str, npt.NDArray[Any]], settings: dict[str, str]) -> HeadWeights:
    lstms = {side: _pop_lstm(arrays, side) for side in ("forward", "backward")}
    if lstms["forward"] is None:
        raise KeyError("forward_kernel")
    return HeadWeights(**arrays, **settings, **lstms)  # type: ignore[arg-type]


def _pop_lstm(arrays: dict[str, npt.NDArray[Any]], side: str) -> LstmWeights | None:
    if f"{side}_kernel" not in arrays:
        return None
    return LstmWeights(*(arrays.pop(f"{side}_{field.name}") for field in dataclasses.fields(LstmWeights)))
