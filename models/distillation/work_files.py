"""Files of a work folder, made by several processes: each whole or absent, so that an interrupted run goes on."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import multiprocessing
import os
import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np

Plan = TypeVar("Plan")
T = TypeVar("T")


def save_file(path: pathlib.Path, arrays: Mapping[str, np.ndarray]) -> pathlib.Path:
    """Write arrays to an .npz file; returns its path."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(file, **arrays)
    os.replace(part, path)
    return path


def read_joined(kind: Callable[..., T], paths: Sequence[pathlib.Path]) -> T:
    """The arrays of all files, joined, as the dataclass `kind` of arrays of these names."""
    stored = []
    for path in paths:
        with np.load(path, allow_pickle=False) as arrays:
            stored.append({field.name: arrays[field.name] for field in dataclasses.fields(kind)})  # type: ignore
    return kind(**{name: np.concatenate([arrays[name] for arrays in stored]) for name in stored[0]})


def made(
    make: Callable[[Plan, pathlib.Path], pathlib.Path], plans: Sequence[Plan], work: pathlib.Path, processes: int
) -> Iterator[pathlib.Path]:
    """What `make` makes of each plan in the folder `work`, in so many processes (1: in this one)."""
    if processes == 1:
        yield from (make(plan, work) for plan in plans)
        return
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(processes, mp_context=context, initializer=_one_thread) as pool:
        for done in concurrent.futures.as_completed([pool.submit(make, plan, work) for plan in plans]):
            yield done.result()


def _one_thread() -> None:
    from models.networks.threads import use_one_thread_per_call

    use_one_thread_per_call()
