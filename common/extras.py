"""Packages that only some commands need; they come with the project's extras, such as `train`."""

from __future__ import annotations

import importlib
from typing import Any

from common.errors import UsageError


def require(module: str, *, purpose: str, extra: str = "train") -> Any:
    """Import `module`, such as "sklearn.svm", which comes with the project's extra `extra`.

    Raises:
        UsageError: it is not installed; the message says what needs it (`purpose`) and how to get it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UsageError(
            f"{purpose} need the package {_DISTRIBUTIONS.get(module.split('.')[0], module.split('.')[0])}: "
            f"install the project with its extra '{extra}' (pip install -e '.[{extra}]')"
        ) from error


_DISTRIBUTIONS = {"sklearn": "scikit-learn", "pympi": "pympi-ling", "webvtt": "webvtt-py"}
