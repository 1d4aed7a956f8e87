"""The page of costs holds what its commands print, and the model adds up."""

import pathlib
import re

import pytest

from benchmarks import costs

PAGE = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "costs.md").read_text(encoding="utf-8")


def printed(capsys, *arguments):
    costs.main(arguments)
    return capsys.readouterr().out


def rows(text):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]


def test_the_tables_of_the_page_are_those_that_its_commands_print(capsys):
    found = re.findall(r"`python -m benchmarks\.costs ([^`]*)` prints:\n\n((?:\|.*\n)+)", PAGE)
    assert len(found) == 3
    for command, table in found:
        assert printed(capsys, *command.split()) == table


@pytest.mark.parametrize(("name", "rate"), costs.RATES.items())
def test_the_page_names_the_rates_that_are_used(name, rate):
    assert re.search(rf"^\| rate, {name} \| {rate:g}\b", PAGE, re.MULTILINE)


def test_machine_hours_and_price_by_hand(capsys):
    own = ("--rate=ours=50", "--machine=rack=8,32", "--workers=10", "--start-s=360", "--overhead=0.2", "--redone=0.5")
    priced = ("--vcpu-price=0.1", "--memory-price=0.01", "--disk-price=0.001", "--disk-gb=80")
    flexible = ("--flexible-vcpu-price=0.05", "--flexible-memory-price=0")
    table = printed(capsys, "price", "--hours=80000", "--media-mb=360", *own, *priced, *flexible)
    # 80,000 h / (50 x 8) = 200 h, / 0.8 = 250 h, and 1 h of start-up; 0.8 + 0.32 + 0.08 = $ 1.2 an hour;
    # flexible: 200 h x 1.5 / 0.8 + 1 = 376 h at 0.4 + 0.08 = $ 0.48
    assert rows(table)[2:] == [["ours", "rack", "251", "1.0", "40", "$ 301", "$ 180"]]


def test_bfloat16_has_no_price_where_it_would_be_emulated(capsys):
    machines = {(row[0], row[1]) for row in rows(printed(capsys, "price", "--hours=1000"))[2:]}
    assert ("bfloat16", "c3-standard-4") in machines
    assert ("float32", "n2-standard-4") in machines
    assert ("bfloat16", "n2-standard-4") not in machines


def test_what_grows_and_what_does_not(capsys):
    table = rows(printed(capsys, "growth", "--recordings", "1000", "100000", "--days=10", "--graph-bytes=50000"))
    cells = {row[0]: row[1:] for row in table}
    assert cells["the job's graph"] == ["50 kB", "50 kB"]
    assert cells["store, an object a recording"] == ["641 MB", "64 GB"]
    assert cells["recordings a day"] == ["100", "10,000"]
    assert cells["one day's file of windows"] == ["21 MB", "2.1 GB"]
    assert cells["files of the tables, three a day and a mark"] == ["40", "40"]
