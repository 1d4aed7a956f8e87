"""run_dataflow.sh: `laughter detect` and `laughter shards` checked, packed and started on Google Cloud Dataflow."""

from __future__ import annotations

import argparse
import datetime as dt
import functools
import json
import pathlib
import sys
import tempfile
from collections.abc import Sequence

from common.errors import UsageError
from pipeline import cli
from pipeline.dataflow.arguments import GPU_MACHINE, MACHINE, build_dataflow_parser
from pipeline.parser import build_parser

JOBS = ("detect", "shards")

GIVEN_BY_US = (
    *("--runner", "--temp_location", "--staging_location", "--template_location"),
    *("--extra_package", "--extra_packages", "--setup_file", "--requirements_file"),
)
"""Options of Beam that follow from ours."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    argv = list(sys.argv[1:] if argv is None else argv)
    job = argv.pop(0) if argv[:1] and argv[0] in JOBS else "detect"
    settings, rest = build_dataflow_parser().parse_known_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        work = functools.partial(_run, job, settings, rest, pathlib.Path(folder))
        return cli.exit_status_of(work, debug="--debug" in argv)


def _run(job: str, settings: argparse.Namespace, rest: Sequence[str], folder: pathlib.Path) -> int:
    from pipeline.dataflow.package import build

    for option in GIVEN_BY_US:
        if any(item == option or item.startswith(f"{option}=") for item in rest):
            raise UsageError(f"{option} follows from --staging and the job; leave it out")
    command = job_command(job, settings, rest)
    arguments = check(command)
    if settings.sdk_container_image is None:
        package = build(cli.HOME, folder)
        command += ["--extra_package", str(package)]
    if settings.dry_run:
        return _dry_run(command, arguments, settings)
    return cli.main(command)


def job_command(job: str, settings: argparse.Namespace, rest: Sequence[str]) -> list[str]:
    """The command line of `laughter` that runs the job on Dataflow."""
    staging = settings.staging.rstrip("/")
    now = dt.datetime.now(dt.timezone.utc).strftime("%Y%m%d-%H%M%S")
    machine = GPU_MACHINE if settings.gpu else MACHINE
    threads = settings.number_of_worker_harness_threads
    if threads is None:
        threads = 8 if settings.gpu else 2
    options = {
        "--runner": "DataflowRunner",
        "--project": settings.project,
        "--region": settings.region,
        "--temp_location": f"{staging}/temp",
        "--staging_location": f"{staging}/staged",
        "--job_name": settings.job_name or f"laughter-{job}-{now}",
        "--machine_type": settings.machine_type or machine,
        "--disk_size_gb": settings.disk_size_gb,
        "--max_num_workers": settings.max_num_workers,
        "--number_of_worker_harness_threads": threads,
        "--flexrs_goal": settings.flexrs_goal,
        "--sdk_container_image": settings.sdk_container_image,
    }
    repeated = {"--labels": settings.labels, "--experiments": list(settings.experiments)}
    if settings.sdk_container_image:
        options["--sdk_location"] = "container"  # the image has Beam and this project: nothing is staged
    if settings.gpu:
        repeated["--dataflow_service_options"] = [
            f"worker_accelerator=type:{settings.gpu};count:1;install-nvidia-driver"
        ]
        repeated["--experiments"].append("no_use_multiple_sdk_containers")  # one process has the whole GPU
    given = [f"{name}={value}" for name, value in options.items() if value is not None]
    given += [f"{name}={value}" for name, values in repeated.items() for value in values]
    # nothing of this script is needed on a worker, where the same modules are installed
    return [job, *rest, *_models(job, rest), *given, "--no_save_main_session"]


def _models(job: str, rest: Sequence[str]) -> list[str]:
    """The bundle that ships, where none is named: weights in this machine's cache are not on the workers."""
    named = {item.partition("=")[0] for item in rest} & {"--bundle", "--head", "--embedder"}
    return ["--bundle=compact"] if job == "detect" and not named else []


def check(command: Sequence[str]) -> argparse.Namespace:
    """The job's own arguments; a job that cannot run as it is said is refused, with a sentence for each reason."""
    from pipeline import engine_options
    from pipeline.dataflow import checks

    ours, beam_argv = engine_options.split(command)
    arguments = build_parser().parse_args(ours)
    found = checks.problems(engine_options.engine_options(beam_argv), arguments)
    if found:
        raise UsageError("\nlaughter: ".join(found))
    return arguments


def _dry_run(command: Sequence[str], arguments: argparse.Namespace, settings: argparse.Namespace) -> int:
    from pipeline.dataflow.template import build, models_elsewhere

    template = build(command, settings.project, settings.staging)
    workers = template.workers
    print("steps: " + ", ".join(template.steps))
    for name, size in sorted(template.staged.items()):
        print(f"staged: {name}, {size} bytes")
    image = workers["sdkHarnessContainerImages"][0]["containerImage"]
    print(
        f"workers: {workers['machineType']}, at most {workers['autoscalingSettings']['maxNumWorkers']}, "
        f"{workers['diskSizeGb']} GB of disk, {workers['numThreadsPerWorker']} recordings a process, image {image}"
    )
    environment = template.job["environment"]
    print(f"experiments: {', '.join(environment['experiments'])}")
    for name, value in (
        ("flexible scheduling", environment.get("flexResourceSchedulingGoal")),
        ("service options", ", ".join(environment.get("serviceOptions", []))),
        ("labels", json.dumps(template.job["labels"]) if template.job.get("labels") else None),
    ):
        if value:
            print(f"{name}: {value}")
    for model in models_elsewhere(arguments):
        print(f"not looked at: {model}; the graph was built with the compact bundle in its place")
    print(f"template and graph: {template.size_bytes} bytes, whatever the number of recordings")
    print("nothing was started (--dry-run)")
    return 0
