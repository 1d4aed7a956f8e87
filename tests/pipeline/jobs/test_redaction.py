"""Keys and signatures of URLs: used to fetch, and written nowhere."""

import contextlib
import functools
import http.server
import json
import subprocess
import sys
import threading

import pytest

from common.redaction import redact, redact_url
from common.text import display_text, utf8_text
from pipeline import cli
from pipeline.jobs.shards import ShardsOptions, facts
from pipeline.outputs import write_report
from tests.helpers.archive import NAMES, rows
from tests.helpers.tables import event_row, recording_row, write_tables, write_windows
from transforms.embed.store import read_part
from transforms.shards.clips import ShuffleSettings
from transforms.shards.shuffle import ShardSettings

SECRET = "c0ffee5ecret"
SIGNED = f"X-Goog-Credential=robot&X-Goog-Signature={SECRET}"


class _Signed(http.server.SimpleHTTPRequestHandler):
    """Serves a folder to whoever knows the signature."""

    def do_GET(self):
        if SECRET in self.path:
            with contextlib.suppress(BrokenPipeError):  # a client that has read enough
                super().do_GET()
        else:
            self.send_error(403)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def signed_url(archive):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Signed, directory=archive))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://user:{SECRET}@127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def everything_written(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("debug", [(), ("--debug",)])
def test_a_signed_url_is_read_and_its_signature_written_nowhere(archive, detect, signed_url, tmp_path, capfd, debug):
    (archive / "broken.wav").write_bytes(b"no recording" * 50)
    names = (f"{NAMES[0]}.wav", "broken.wav", "gone.wav")
    listing = tmp_path / "urls.txt"
    listing.write_text("".join(f"{signed_url}/{name}?{SIGNED}\n" for name in names))
    output = detect(listing, *debug, status=3)
    found = {row["status"]: row for row in rows(output, "recordings")}
    assert found["done"]["recording_id"] == NAMES[0]
    assert found["done"]["path"] == f"{signed_url.replace(f'user:{SECRET}@', '')}/{NAMES[0]}.wav"
    assert SECRET.encode() not in everything_written(output)
    for table in ("recordings", "windows", "events"):
        assert rows(output, table)
        assert SECRET not in str(rows(output, table))
    for part in (output / "store").glob("*/*.parquet"):
        assert SECRET not in str(read_part(str(part))[1])
    said = capfd.readouterr()
    assert "gone.wav" in said.out
    assert SECRET not in said.out + said.err


LOGGED = f"""
import logging
from pipeline import cli

def work():
    logging.getLogger("some.engine").critical("fetched https://host/a?sig={SECRET} at last")
    raise OSError("https://user:{SECRET}@host/b cannot be reached")

raise SystemExit(cli.exit_status_of(work, debug=%s))
"""


@pytest.mark.parametrize("debug", [False, True])
def test_logs_of_the_engine_and_traces_are_discreet_too(debug):
    command = [sys.executable, "-c", LOGGED % debug]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cli.HOME)
    assert done.returncode == 1
    assert "fetched https://host/a at last" in done.stderr
    assert "https://host/b cannot be reached" in done.stderr
    assert ("Traceback" in done.stderr) == debug
    said = done.stderr.replace(LOGGED, "")
    assert SECRET not in said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://host/a.mp4?X-Goog-Signature=1 (403)", "https://host/a.mp4 (403)"),
        ("cannot reach s3://key:secret@bucket/a.mp4", "cannot reach s3://bucket/a.mp4"),
        ("http://user:p@secret@host/a", "http://host/a"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ..."),
        ("/archive/Standard Bearer Report.mp4 is empty", "/archive/Standard Bearer Report.mp4 is empty"),
    ],
)
def test_secrets_in_messages_are_left_out(text, shown):
    assert redact(text) == shown


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("https://host/It's_on.mp4?key=secret", "https://host/It's_on.mp4"),
        ("https://host/a b.mp4?name='x'&key=secret", "https://host/a b.mp4"),
        ("https://token@host/a.mp4#secret", "https://host/a.mp4"),
        ("s3://key:secret@bucket/a.mp4", "s3://bucket/a.mp4"),
        ("gs://bucket/who?.mp4", "gs://bucket/who?.mp4"),
        ("abfs://container@account/token=5/a.mp4", "abfs://container@account/token=5/a.mp4"),
        ("/archive/who@home?token=5.mp4", "/archive/who@home?token=5.mp4"),
    ],
)
def test_secrets_of_places_are_left_out_and_nothing_else(place, shown):
    assert redact_url(place) == display_text(place) == utf8_text(place) == shown


MEDIA = f"https://me:{SECRET}@media.example/tv?token={SECRET}"


@pytest.mark.parametrize(
    "command", [("report", "--no-waveform"), ("export", "--format", "eaf", "--format", "csv", "--format", "jsonl")]
)
def test_a_signed_place_of_the_media_is_written_into_no_page_and_no_file(tmp_path, command, capsys):
    name = "2016-01-01_0000_US_CNN_One"
    write_tables(tmp_path / "tables", [recording_row(name)], [event_row(name, 3, 9)])
    write_windows(tmp_path / "tables", recording_row(name), [0.1] * 60)
    arguments = [
        command[0],
        str(tmp_path / "tables"),
        "--output",
        str(tmp_path / "out"),
        *command[1:],
        "--media",
        MEDIA,
    ]
    assert cli.main(arguments) == 0
    assert b"media.example/tv" in everything_written(tmp_path / "out") or "csv" in command
    assert SECRET.encode() not in everything_written(tmp_path / "out")
    assert SECRET not in "".join(capsys.readouterr())


def test_reports_and_manifests_hold_no_secrets(tmp_path):
    document = {"found": MEDIA, "deep": [{"spans": f"gs://me:{SECRET}@bucket/x.csv"}, 1, None]}
    write_report(str(tmp_path), "score.json", document, {})
    assert SECRET not in (tmp_path / "score.json").read_text()
    source = facts(
        ShardsOptions((MEDIA, "/data"), (), None, None, ShuffleSettings(), ShardSettings(str(tmp_path)), beam=None)
    )["source"]
    assert SECRET not in json.dumps(source)
    assert source["inputs"][1] == "/data"
