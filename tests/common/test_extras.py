"""Packages that only some commands need."""

import pytest

from common.errors import UsageError
from common.extras import require


def test_a_missing_package_is_named_with_the_extra_that_brings_it():
    with pytest.raises(UsageError, match="teachers need the package no_such_package: .*extra 'train'"):
        require("no_such_package.part", purpose="teachers")
