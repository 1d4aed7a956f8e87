"""Keys and signatures of URLs: used to fetch, and written nowhere."""

import contextlib
import functools
import http.server
import logging
import threading

import pytest

from models.secrets import without_secrets
from tests.made_archive import NAMES, rows
from transforms.printable import printable, storable

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
    said = capfd.readouterr()
    assert SECRET not in said.out + said.err
    assert rows(output, "events")


def test_a_log_of_the_engine_is_discreet_too(capfd):
    from pipeline import cli

    with pytest.raises(SystemExit):
        cli.main(["--version-that-is-none", "--debug"])
    capfd.readouterr()
    logging.getLogger("some.engine").critical("fetched https://host/a?sig=%s", SECRET)
    assert SECRET not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://host/a.mp4?X-Goog-Signature=1 (403)", "https://host/a.mp4 (403)"),
        ("s3://key:secret@bucket/a.mp4", "s3://bucket/a.mp4"),
        ("gs://bucket/who?.mp4", "gs://bucket/who?.mp4"),
        ("/archive/who@home?.mp4", "/archive/who@home?.mp4"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ..."),
    ],
)
def test_secrets_of_urls_are_left_out(text, shown):
    assert without_secrets(text) == printable(text) == storable(text) == shown
