"""Each question that ships against the same asked of pandas, over small made tables."""

import datetime as dt
import pathlib

import numpy as np
import pandas as pd
import pyarrow.dataset as ds
import pytest

from common.errors import UsageError
from models.constants import BESIDE, LAUGHTER_KINDS
from tests.helpers.recipes import as_before
from tests.helpers.tables import event_row, recording_row, write_tables
from transforms.tables.query import (
    QueryError,
    ask,
    connect,
    queries,
    query_errors,
    values_of,
    view_statements,
)

UTC = dt.timezone.utc
HOUR = 3600.0
NAMELESS = ("0123456789abcdef0123", "an id, with 'quotes' and \"more\"")


def made(seed=7):
    """Some hundred recordings of three networks over New Year and midnight, with failures, gaps and overlaps."""
    rng = np.random.default_rng(seed)
    recordings, events, start = [], [], dt.datetime(2015, 12, 30, 20, 0, tzinfo=UTC)
    for number in range(120):
        network, show = [("CNN", "Talk"), ("CNN", "News"), ("ZDF", "Talk"), ("BBC", "Silence")][number % 4]
        name = f"{start:%Y-%m-%d_%H%M}_US_{network}_{show}"
        length = float(rng.choice([600.0, 3600.0, 5400.5]))
        status = str(rng.choice(["done", "partial", "failed"], p=[0.8, 0.1, 0.1]))
        model = {"bundle_version": f"compact {number % 2}"}
        audio = 0.0 if status == "failed" else length - 60 * (status == "partial")
        why = {"stage": "decode", "error": f"{name} is damaged"} if status != "done" else {}
        told = {"duration_s": length if number % 5 else None, "silence_filled_s": float(number % 3)}
        recordings.append(recording_row(name, status=status, audio_s=audio, **told, **why, **model))
        if status != "failed" and show != "Silence":
            events += laughs(rng, name, start, audio, model)
        start += dt.timedelta(minutes=int(rng.choice([10, 60, 61, 120])))
    for name in NAMELESS:
        recordings.append(recording_row(name, audio_s=90.0))
        events += [event_row(name, 3, 5), event_row(name, 7, 8.5, "snicker")]
    return recordings, events


def laughs(rng, name, start, audio, model):
    starts = np.sort(rng.choice(int(audio) - 30, size=rng.integers(0, 9), replace=False))
    for at in starts.tolist():
        end = at + float(rng.integers(1, 29))
        begins, ends = (start + dt.timedelta(seconds=seconds) for seconds in (at, end))
        kind, score = str(rng.choice(LAUGHTER_KINDS)), float(rng.integers(4, 64)) / 64
        heard = dict(zip(BESIDE, (rng.integers(0, 64, len(BESIDE)) / 64).tolist(), strict=True))
        if at % 3 == 0:
            heard = dict.fromkeys(BESIDE)
        yield event_row(name, at, end, kind, score, start_utc=begins, end_utc=ends, **heard, **model)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("q") / 'it\'s [1] *odd*? "tables"'
    write_tables(folder, *made())
    return folder


@pytest.fixture(scope="module")
def connection(tables):
    connection = connect(str(tables))
    yield connection
    connection.close()


def plain(tables, table) -> pd.DataFrame:
    """A table read by pyarrow; a date of its own, null where the folder's name is Hive's null partition."""
    frames = []
    for path in sorted(pathlib.Path(tables, table).rglob("*.parquet")):
        frame = ds.dataset([str(path)]).to_table().to_pandas()
        date = path.parent.name.removeprefix("date=")
        frame["date"] = None if date.startswith("__HIVE") else date
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="module")
def recordings(tables):
    return plain(tables, "recordings")


@pytest.fixture(scope="module")
def events(tables):
    frame = plain(tables, "events")
    return frame.assign(length=frame.end_s - frame.start_s)


def answer(connection, name, **given):
    query = queries()[name]
    relation = ask(connection, query.sql, values_of(query, given))
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def by(rows, *keys):
    found = {tuple(row[key] for key in keys): row for row in rows}
    assert len(found) == len(rows)
    return found


def none(value):
    return None if value is None or value != value else value


def group(frame, *keys):
    for key, part in frame.groupby(list(keys), dropna=False):
        yield tuple(none(one) for one in key), part


def test_all_are_there_and_each_heads_with_its_question():
    assert len(queries()) == 11
    assert all(query.question.endswith("?") for query in queries().values())
    assert {name for name, query in queries().items() if query.parameters} == {
        "coverage", "heard-beside-laughs", "laughs-near", "laughter-by-hour", "laughter-by-month", "laughter-per-hour",
    }  # fmt: skip


def per_recording(recordings, events):
    heard = recordings[recordings.status != "failed"]
    sums = events.groupby("recording_id").length.agg(["count", "sum"])
    return heard.join(sums, on="recording_id").fillna({"count": 0, "sum": 0.0})


@pytest.mark.parametrize("least", [0, 5])
def test_most_laughter_per_hour_by_show(connection, recordings, events, least):
    rows = answer(connection, "laughter-per-hour", hours=str(least))
    found = by(rows, "network", "title")
    expected = {}
    for key, part in group(per_recording(recordings, events), "network", "title"):
        hours = part.audio_s.sum() / HOUR
        if hours >= least:
            expected[key] = (len(part), hours, part["count"].sum(), part["sum"].sum() / hours)
    assert found.keys() == expected.keys()
    for key, (count, hours, laughs, rate) in expected.items():
        row = found[key]
        assert (row["recordings"], row["laughs"]) == (count, laughs)
        assert (row["hours"], row["laughing_s_per_hour"]) == (pytest.approx(hours), pytest.approx(rate))
        assert row["laughs_per_hour"] == pytest.approx(laughs / hours)
    rates = [row["laughing_s_per_hour"] for row in rows]
    assert rates == sorted(rates, reverse=True)
    assert ((None, None) in expected) is (least == 0)


def test_longest_laughs(connection, recordings, events):
    ordered = events.sort_values(["length", "recording_id", "start_s"], ascending=[False, True, True])
    rows = answer(connection, "longest-laughs")
    assert [(row["recording_id"], row["start_s"], row["length_s"]) for row in rows] == list(
        ordered[["recording_id", "start_s", "length"]].itertuples(index=False, name=None)
    )
    networks = recordings.set_index("recording_id").network
    assert all(row["network"] == none(networks[row["recording_id"]]) for row in rows)
    first = ask(connection, queries()["longest-laughs"].sql, limit=3).fetchall()
    assert [row[5] for row in first] == [row["recording_id"] for row in rows[:3]]


@pytest.mark.parametrize("within", ["10", "0.5", "600"])
def test_laughs_near_a_time(connection, events, within):
    timed = events.dropna(subset="start_utc")
    moment = timed.end_utc.iloc[len(timed) // 2] + pd.Timedelta(seconds=9.5)
    reach = pd.Timedelta(seconds=float(within))
    near = timed[(timed.start_utc <= moment + reach) & (timed.end_utc >= moment - reach)]
    given = {"time": f"{moment:%Y-%m-%dT%H:%M:%S.%f}", "within": within}
    rows = answer(connection, "laughs-near", **given)
    found = [(row["recording_id"], row["start_s"]) for row in rows]
    assert sorted(found) == sorted(near[["recording_id", "start_s"]].itertuples(index=False, name=None))
    assert bool(found) is (within != "0.5")


def test_kinds_by_network_and_year(connection, recordings, events):
    joined = events.merge(recordings[["recording_id", "network"]], on="recording_id")
    years = joined.assign(year=joined.start_utc.dt.year)
    expected = {
        key: (len(part), pytest.approx(part.length.sum())) for key, part in group(years, "network", "year", "kind")
    }
    found = by(answer(connection, "kinds-by-network-and-year"), "network", "year", "kind")
    assert {key: (row["laughs"], row["laughing_s"]) for key, row in found.items()} == expected
    assert {year for _, year, _ in expected} == {2015, 2016, None}


def test_failed_recordings_and_why(connection, recordings):
    broken = recordings[recordings.status != "done"].sort_values(["status", "stage", "recording_id"])
    rows = answer(connection, "failed-recordings")
    keys = ["status", "stage", "error", "recording_id"]
    assert [tuple(row[key] for key in keys) for row in rows] == list(broken[keys].itertuples(index=False, name=None))
    assert {row["status"] for row in rows} == {"failed", "partial"}


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_laughter_by_hour_of_day(connection, recordings, events, zone):
    hours = np.zeros(24)
    heard = recordings[(recordings.status != "failed") & recordings.start_utc.notna()]
    for row in heard.itertuples():
        seconds = row.start_utc.tz_convert(zone) + pd.to_timedelta(np.arange(int(row.audio_s)), unit="s")
        hours += np.bincount(seconds.hour, minlength=24) / HOUR
    timed = events.dropna(subset="start_utc")
    of_day = timed.start_utc.dt.tz_convert(zone).dt.hour
    laughs, seconds = (np.bincount(of_day, weights=weight, minlength=24) for weight in (None, timed.length))
    rows = answer(connection, "laughter-by-hour", zone=zone)
    assert [row["hour"] for row in rows] == np.flatnonzero(hours).tolist()
    for row in rows:
        hour = row["hour"]
        assert row["hours"] == pytest.approx(hours[hour], abs=120 * 0.5 / HOUR)  # half seconds at the ends
        assert row["laughs"] == laughs[hour]
        assert row["laughing_s_per_hour"] * row["hours"] == pytest.approx(seconds[hour])


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati"])
def test_laughter_by_month(connection, recordings, events, zone):
    heard = per_recording(recordings, events)
    months = heard.assign(month=heard.start_utc.dt.tz_convert(zone).dt.strftime("%Y-%m"))
    expected = [
        (key[0], len(part), part["count"].sum(), pytest.approx(part["sum"].sum() / part.audio_s.sum() * HOUR))
        for key, part in group(months, "month")
    ]
    rows = answer(connection, "laughter-by-month", zone=zone)
    names = ("month", "recordings", "laughs", "laughing_s_per_hour")
    assert [tuple(row[name] for name in names) for row in rows] == expected
    assert [row["month"] for row in rows] == ["2015-12", "2016-01", None]


@pytest.mark.parametrize("least", [0.5, 0.9])
def test_what_is_heard_beside_laughs(connection, events, least):
    known = events[events.speech.notna()]
    lengths = {name: known[known[name] >= least].length for name in BESIDE}
    lengths["nothing else"] = known[known[list(BESIDE)].max(axis=1) < least].length
    lengths["not known"] = events[events.speech.isna()].length
    found = by(answer(connection, "heard-beside-laughs", least=str(least)), "beside")
    assert {key[0]: (row["laughs"], row["laughing_s"], row["median_length_s"]) for key, row in found.items()} == {
        name: (len(some), pytest.approx(some.sum()), pytest.approx(some.median())) for name, some in lengths.items()
    }
    assert all(row["share_of_laughs"] == pytest.approx(row["laughs"] / len(events)) for row in found.values())
    assert all(len(some) for some in lengths.values())


def test_tables_of_before_the_tracker_are_answered(tmp_path):
    write_tables(
        tmp_path, [recording_row("2016-01-01_0000_US_CNN_One")], [event_row("2016-01-01_0000_US_CNN_One", 3, 5)]
    )
    (path,) = tmp_path.glob("events/*/*.parquet")
    as_before(path)
    with connect(str(tmp_path)) as connection:
        (row,) = answer(connection, "heard-beside-laughs")
        assert (row["beside"], row["laughs"]) == ("not known", 1)


def test_shows_without_laughter(connection, recordings, events):
    heard = recordings[recordings.status != "failed"]
    laughing = set(events.recording_id)
    expected = {
        key: pytest.approx(part.audio_s.sum() / HOUR)
        for key, part in group(heard, "network", "title")
        if not laughing & set(part.recording_id)
    }
    rows = answer(connection, "shows-without-laughter")
    assert {(row["network"], row["title"]): row["hours"] for row in rows} == expected
    assert expected.keys() == {("BBC", "Silence")}


@pytest.mark.parametrize("least", [60, 4000])
def test_coverage_and_holes(connection, recordings, least):
    found = by(answer(connection, "coverage", hole=str(least)), "network")
    for (network,), part in group(recordings, "network"):
        timed = part[(part.status != "failed") & part.start_utc.notna()].sort_values("start_utc")
        holes, reached = [], None
        for row in timed.itertuples():
            if reached is not None and (row.start_utc - reached).total_seconds() >= least:
                holes.append((row.start_utc - reached).total_seconds())
            length = max(none(row.duration_s) or 0.0, row.audio_s)
            end = row.start_utc + pd.Timedelta(seconds=length)
            reached = end if reached is None else max(reached, end)
        row = found[(network,)]
        counts = (len(part), (part.status == "failed").sum(), (part.status == "partial").sum(), len(holes))
        assert (row["recordings"], row["failed"], row["partial"], row["holes"]) == counts
        assert row["hole_hours"] == pytest.approx(sum(holes) / HOUR)
        assert row["hours"] == pytest.approx(part.audio_s.sum() / HOUR)
        assert row["silence_filled_hours"] == pytest.approx(part.silence_filled_s.sum() / HOUR)
        assert row["first_utc"] == none(part.start_utc.min())
    assert found[("CNN",)]["holes"]
    assert found.keys() == {("CNN",), ("ZDF",), ("BBC",), (None,)}


def test_what_each_model_made(connection, recordings, events):
    found = by(answer(connection, "model-versions"), "bundle_version")
    assert len(found) == 2
    for (version,), part in group(recordings, "bundle_version"):
        own, row = events[events.bundle_version == version], found[(version,)]
        counts = (len(part), (part.status == "failed").sum(), len(own))
        assert (row["recordings"], row["failed"], row["laughs"]) == counts
        assert row["laughing_s"] == pytest.approx(own.length.sum())
        assert row["mean_score_max"] == pytest.approx(own.score_max.mean())
        assert (row["first_utc"], row["last_utc"]) == (part.start_utc.min(), part.start_utc.max())


def test_the_views_have_a_date_also_where_it_is_null(connection, recordings):
    dates = dict(connection.sql("SELECT recording_id, date::VARCHAR FROM recordings").fetchall())
    assert dates == {row.recording_id: none(row.date) for row in recordings.itertuples()}
    assert {dates[name] for name in NAMELESS} == {None}


@pytest.mark.parametrize("name", queries())
def test_tables_without_events_or_windows_are_answered(tmp_path, name):
    write_tables(tmp_path, [recording_row("2016-01-01_0000_US_CNN_One")])
    with connect(str(tmp_path)) as connection:
        given = {"time": "2016-01-01"} if name == "laughs-near" else {}
        rows = answer(connection, name, **given)
        expected = {
            "heard-beside-laughs",
            "longest-laughs",
            "laughs-near",
            "kinds-by-network-and-year",
            "failed-recordings",
        }
        assert (rows == []) is (name in expected)
        assert connection.sql("SELECT count(*), count(none), count(date) FROM windows").fetchall() == [(0, 0, 0)]


def test_a_folder_without_tables_is_refused(tmp_path):
    with pytest.raises(UsageError, match="holds no tables"):
        connect(str(tmp_path / "none"))


def test_tables_on_object_storage():
    import fsspec

    write_tables("memory://asked/tables", *made(1))
    try:
        with connect("memory://asked/tables") as connection:
            assert len(answer(connection, "model-versions")) == 2
    finally:
        fsspec.filesystem("memory").rm("/asked", recursive=True)


def test_parameters_are_checked(connection):
    near = queries()["laughs-near"]
    with pytest.raises(UsageError, match="needs --param time=..., a moment in UTC"):
        values_of(near, {})
    with pytest.raises(UsageError, match="has no parameter when; it takes time, within"):
        values_of(near, {"when": "1"})
    with pytest.raises(QueryError, match="check the SQL and the values"), query_errors():
        ask(connection, near.sql, values_of(near, {"time": "yesterday"})).fetchall()


def test_a_damaged_table_is_one_sentence(tmp_path):
    write_tables(tmp_path, *made(2))
    path = next(tmp_path.glob("events/date=2015*/*.parquet"))
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(QueryError) as raised, connect(str(tmp_path)) as connection, query_errors():
        connection.sql("SELECT sum(end_s) FROM events").fetchall()
    assert str(path) in str(raised.value)
    assert "run laughter detect again" in str(raised.value)


def test_the_written_views_hold_elsewhere(tables, connection):
    import duckdb

    with duckdb.connect() as other:
        other.execute(";\n".join(view_statements(str(tables))))
        count = "SELECT count(*), max(date) FROM events"
        assert other.sql(count).fetchall() == connection.sql(count).fetchall()
