"""The job graph of a Dataflow job, built as a template against a storage emulator: no Google, no credentials."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import socket
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

import fsspec
from apache_beam.portability.api import beam_runner_api_pb2

from common.errors import LaughterError, UsageError
from pipeline import engine_options
from pipeline.jobs import detect, detect_options, shards
from pipeline.parser import build_parser

MAX_GRAPH_BYTES = 1_000_000
"""Of template and graph together; Dataflow refuses ten times that, and nothing in them grows with an archive."""

CREDENTIALS = {
    "type": "authorized_user",
    **dict.fromkeys(("client_id", "client_secret", "refresh_token", "token"), "none"),
    "expiry": "2999-01-01T00:00:00Z",
}
"""A token that never has to be renewed: Beam takes application-default credentials, and the emulator looks at none."""


@dataclasses.dataclass(frozen=True)
class Template:
    """What Dataflow would be given.

    Attributes:
        job: the template, Dataflow's own JSON.
        graph: the pipeline, whose place the template names.
        staged: bytes of each staged file by its name.
        size_bytes: of template and graph.
    """

    job: dict[str, Any]
    graph: beam_runner_api_pb2.Pipeline
    staged: dict[str, int]
    size_bytes: int

    @property
    def steps(self) -> list[str]:
        """The names of the job's top-level steps, in order."""
        components = self.graph.components.transforms
        roots = (components[name] for name in self.graph.root_transform_ids)
        named = [components[name].unique_name for root in roots for name in root.subtransforms]
        return [name for name in named if "/" not in name]

    @property
    def workers(self) -> dict[str, Any]:
        """The template's only pool of workers."""
        (pool,) = self.job["environment"]["workerPools"]
        return dict(pool)


def build(argv: Sequence[str], project: str, staging: str) -> Template:
    """Build the job of `argv`, a command line of `laughter` for the DataflowRunner, as a template below `staging`.

    The emulator is the one that STORAGE_EMULATOR_HOST names, else one of this call alone.

    Raises:
        UsageError: the emulator is not installed, or the graph depends on files that are only at Google's.
    """
    with _emulator(staging.removeprefix("gs://").partition("/")[0]) as host, _environment(host, project):
        place = f"{staging.rstrip('/')}/template/job.json"
        _run([*argv, "--template_location", place, "--no_auth"])
        return _read(place)


def _run(argv: Sequence[str]) -> None:
    ours, beam_argv = engine_options.split(argv)
    arguments = build_parser().parse_args(ours)
    if arguments.command == "detect":
        if models_elsewhere(arguments):
            arguments.bundle, arguments.head, arguments.embedder, arguments.precision = "compact", None, None, "auto"
        detect.run_engine(detect_options.from_arguments(arguments, beam_argv))
    elif arguments.labels_csv:
        raise UsageError("the graph of --labels-csv depends on the store's embedder.json; leave out --dry-run")
    else:
        shards.run_engine(shards.from_arguments(arguments, beam_argv))


def models_elsewhere(arguments: argparse.Namespace) -> list[str]:
    """The models at gs://, which cannot be looked at: in the graph, where they are but names, compact stands in."""
    named = (arguments.bundle, arguments.head, arguments.embedder) if arguments.command == "detect" else ()
    return [name for name in named if name and name.startswith("gs://")]


def _read(place: str) -> Template:
    filesystem = fsspec.filesystem("gs", token="anon", skip_instance_cache=True)
    template = filesystem.cat_file(place)
    job = json.loads(template)
    folder = job["environment"]["sdkPipelineOptions"]["options"]["staging_location"]
    staged = {name.rsplit("/", 1)[-1]: int(info["size"]) for name, info in filesystem.find(folder, detail=True).items()}
    graph = filesystem.cat_file(job["environment"]["sdkPipelineOptions"]["options"]["pipelineUrl"])
    size_bytes = len(template) + len(graph)
    if size_bytes > MAX_GRAPH_BYTES:
        raise LaughterError(
            f"the job's graph has {size_bytes} bytes; name a pattern, or a .txt list at gs://, as INPUT"
        )
    return Template(job, beam_runner_api_pb2.Pipeline.FromString(graph), staged, size_bytes)


@contextlib.contextmanager
def _emulator(bucket: str) -> Iterator[str]:
    """The address of a storage emulator that has `bucket`."""
    if os.environ.get("STORAGE_EMULATOR_HOST"):
        yield os.environ["STORAGE_EMULATOR_HOST"]
        return
    try:
        from gcp_storage_emulator.server import create_server
    except ImportError as error:
        raise UsageError(
            "--dry-run needs a storage emulator: pip install -e '.[dataflow]', or name one that runs by "
            "STORAGE_EMULATOR_HOST"
        ) from error
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with create_server("127.0.0.1", port, in_memory=True, default_bucket=bucket):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def _environment(host: str, project: str) -> Iterator[None]:
    """While the block runs, Google's libraries talk to the emulator, and look for credentials nowhere else."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        credentials = pathlib.Path(folder, "credentials.json")
        credentials.write_text(json.dumps(CREDENTIALS), encoding="utf-8")
        os.environ |= {"STORAGE_EMULATOR_HOST": host, "GOOGLE_CLOUD_PROJECT": project}
        os.environ |= {"GOOGLE_APPLICATION_CREDENTIALS": str(credentials), "NO_GCE_CHECK": "true"}
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
