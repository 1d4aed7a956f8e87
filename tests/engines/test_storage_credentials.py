"""Who signs in and how, with gcsfs and with Beam's own client; and that no secret is told."""

import json
import os
import pathlib
import subprocess
import sys

import fsspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from common import storage as storages
from common.parquet_files import open_parquet
from pipeline import cli
from tests.engines.object_storage import TOKEN
from tests.helpers.archive import NAMES, make_recording

pytestmark = pytest.mark.engines

HOME = pathlib.Path(__file__).resolve().parents[2]
READ_BY_BEAM = """
import apache_beam as beam
with beam.Pipeline("FnApiRunner") as pipeline:
    pipeline | beam.io.ReadFromParquet("gs://out/tables/events/*/*.parquet") | beam.Map(lambda row: print(row["kind"]))
"""


@pytest.fixture(scope="module")
def private(storage, tmp_path_factory, loudness_bundle):
    """A recording and a bundle in buckets that ask for a token; the file of a service account that is given one."""
    folder = tmp_path_factory.mktemp("private")
    make_recording(folder / f"{NAMES[0]}.wav")
    storage.files.put_file(f"{folder}/{NAMES[0]}.wav", f"archive/{NAMES[0]}.wav")
    storage.files.put(f"{loudness_bundle}/", "models/loudness/", recursive=True)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        **{"type": "service_account", "client_email": "worker@test.invalid", "project_id": "test"},
        **{"private_key": key.decode(), "private_key_id": "key", "token_uri": f"{storage.url}/token"},
    }
    (folder / "account.json").write_text(json.dumps(account))
    storage.token = TOKEN
    yield folder / "account.json", key.decode()
    storage.token = None


def run(*command, account):
    """Run Python with application-default credentials; its whole output."""
    environment = {**os.environ, "PYTHONPATH": str(HOME), "GOOGLE_APPLICATION_CREDENTIALS": str(account)}
    del environment["FSSPEC_GS_TOKEN"]
    done = subprocess.run(
        [sys.executable, *command], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def said(storage, private):
    """What a run as the service account says, with everything that it logs."""
    storage.requests.clear()
    command = ["-m", "pipeline.cli", "detect", "gs://archive", "--output", "gs://out/tables", "--debug"]
    return run(*command, "--bundle", "gs://models/loudness", account=private[0])


def test_application_default_credentials_sign_in_once_and_for_every_request(storage, said):
    asked = [one for one in storage.requests if one.path != "/token"]
    assert len(asked) > 10
    assert {one.authorization for one in asked} == {f"Bearer {TOKEN}"}
    assert len([one for one in storage.requests if one.path == "/token"]) == 1


def test_nothing_secret_is_logged_or_written(storage, said, private):
    storage.token = None
    written = [storage.files.cat(name) for name in storage.files.find("out")]
    storage.token = TOKEN
    assert len(written) > 5
    for text in (said.encode(), *written):
        for secret in (TOKEN, private[1].splitlines()[1], "assertion="):
            assert secret.encode() not in text


def test_beam_reads_the_tables_with_the_same_credentials(storage, said, private):
    storage.requests.clear()
    assert run("-c", READ_BY_BEAM, account=private[0]).splitlines().count("giggle") == 1
    asked = [one for one in storage.requests if one.path != "/token"]
    assert {one.authorization for one in asked} == {f"Bearer {TOKEN}"}


def test_who_may_not_is_told_so_in_one_sentence(storage, private, capsys):
    storages._gcs.cache_clear()
    assert cli.main(["detect", "gs://archive", "--output", "gs://out/other", "--bundle", "compact", "--quiet"]) == 1
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.startswith("laughter: gs://archive cannot be reached (Anonymous caller sent None, 401)")
    assert "see to the credentials and the permissions" in sentence


def test_a_token_that_a_storage_repeats_is_struck_out(storage, private, monkeypatch, capsys):
    monkeypatch.setitem(fsspec.config.conf, "gs", {"token": "ya29.another"})
    storages._gcs.cache_clear()
    assert cli.main(["detect", "gs://archive", "--output", "gs://out/other", "--bundle", "compact", "--quiet"]) == 1
    said = capsys.readouterr().err
    assert "Anonymous caller sent Bearer ..." in said
    assert "ya29" not in said


def test_a_public_bucket_is_read_without_credentials(storage, private, monkeypatch):
    storage.token = None
    storage.requests.clear()
    storages._gcs.cache_clear()
    with open_parquet(f"gs://out/tables/events/date={NAMES[0][:10]}/events.parquet") as parquet:
        assert parquet.read().num_rows == 1
    assert {one.authorization for one in storage.requests} == {None}
