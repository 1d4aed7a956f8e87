"""Weights of Keras models as .npz files of named arrays: no pickles, nothing that is executed."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from common.atomic_files import atomic_file

Arrays = dict[str, npt.NDArray[Any]]
T = TypeVar("T")


def named_arrays(model: Any) -> Arrays:
    """The weights of a keras.Model, float32, by layer and role, such as stem/kernel."""
    return {variable_name(variable): np.asarray(variable, np.float32) for variable in model.variables}


def variable_name(variable: Any) -> str:
    """The variable's layer and role."""
    return "/".join(variable.path.split("/")[-2:])


def save_arrays(path: str | os.PathLike[str], form: str, arrays: Arrays) -> None:
    """Write arrays to a local file that says it is of that form, whole or not at all."""
    with atomic_file(os.fspath(path)) as temporary, open(temporary, "wb") as file:
        np.savez(file, format=np.array(form), **arrays)


def load_arrays(path: str | os.PathLike[str], form: str, use: Callable[[Arrays], T], *, what: str) -> T:
    """What `use` makes of the arrays of a file of that form.

    Args:
        path: of the file.
        form: which the file has to say.
        use: raises KeyError, ValueError or TypeError where the arrays do not fit.
        what: the file should be, for the message.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: one sentence naming the file, where it is no such file.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        if str(arrays.pop("format")) != form:
            raise ValueError("unknown format")
        return use(arrays)
    except FileNotFoundError:
        raise
    except (KeyError, ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        reason = str(error).strip("'\"")
        raise ValueError(
            f"{os.fspath(path)} is not {what} ({reason}); install the project again, or train one"
        ) from error


def assign(model: Any, arrays: Arrays) -> None:
    """Give a keras.Model weights whose names and shapes must all fit; ValueError where one does not."""
    variables = {variable_name(variable): variable for variable in model.variables}
    if variables.keys() != arrays.keys():
        raise ValueError(f"its arrays do not fit the network: {min(variables.keys() ^ arrays.keys())}")
    for name, variable in variables.items():
        variable.assign(np.asarray(arrays[name], np.float32))  # refuses a wrong shape
