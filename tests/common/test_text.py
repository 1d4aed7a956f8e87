"""Names of files made from any id."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.text import MAX_NAME_BYTES, safe_file_name

ODD = ["", ".", "..", "../../etc/passwd", "/a", "a/b", "a b", 'say "x"', "a\nb", "-rf", ".hidden", "a~b", "x" * 255]
ODD += ["é" * 127, "a\\b", "C:x", "a*", "a?b", "a|b", "a<b>", "\x00", "a%b\x7f", "a\u202eb"]


@pytest.mark.parametrize(
    "good", ["2016-01-01_0000_US_CNN_Anderson_Cooper", "0123456789abcdef0123", "Tagesschau_für_Ä", "a.b"]
)
def test_a_good_id_is_kept(good):
    assert safe_file_name(good) == good


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_id_makes_a_file_in_the_folder(tmp_path, odd):
    name = safe_file_name(odd)
    (tmp_path / f"{name}.TextGrid").touch()
    assert os.listdir(tmp_path) == [f"{name}.TextGrid"]
    assert not name.startswith((".", "-"))
    assert len(name.encode()) <= MAX_NAME_BYTES


def test_names_of_ids_that_differ_in_odd_characters_differ():
    ids = [*ODD, "a_b", "a b", "a\tb", "x" * 254, safe_file_name("a b"), safe_file_name(safe_file_name("a b"))]
    assert len({safe_file_name(one) for one in ids}) == len(set(ids))


@given(st.text(st.characters(exclude_categories=())), st.text(st.characters(exclude_categories=())))
def test_any_id(one, other):
    name = safe_file_name(one)
    assert not set(name) & set('/\\\0\n:*?"<>|')
    assert 0 < len(name.encode()) <= MAX_NAME_BYTES
    assert (name == safe_file_name(other)) == (one == other)
