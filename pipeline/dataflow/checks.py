"""What can be said of a Dataflow job without asking Google: names, places, and options that do not go together."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Iterable, Iterator

from apache_beam.options.pipeline_options import (
    DebugOptions,
    GoogleCloudOptions,
    PipelineOptions,
    StandardOptions,
    WorkerOptions,
)

from models.bundles.bundle import shipped_names
from models.bundles.card import EMBEDDERS

PROJECT = re.compile(r"([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]")
REGION = re.compile(r"[a-z]+-[a-z]+[0-9]{1,2}")
JOB_NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
LABEL = re.compile(r"[a-z][a-z0-9_-]{0,62}=[a-z0-9_-]{0,63}")
PLACE = re.compile(r"gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](/[^\r\n]*)?")
IMAGE = re.compile(r"[a-z0-9][a-z0-9._:-]*(/[A-Za-z0-9._-]+)+(:[\w.-]+|@sha256:[0-9a-f]{64})?")

SYSTEM_GB = 15
RECORDING_GB = 1
"""Of disk: for the system, Beam's image and the packages; for the copy of a recording, of which some have more."""

MAX_LABELS = 64
MAX_INPUT_BYTES = 500_000
"""Of INPUTs on the command line: they are in the job's graph, which Dataflow wants small."""

WITHOUT_BFLOAT16 = ("n1", "e2", "n2", "n2d", "c2", "c2d", "t2d")
"""Families without AMX and AVX512-BF16, or not always with them: bfloat16 is slower than float32 there."""

LITTLE_MEMORY = re.compile(r"(n1|n2|n2d|e2|n4)-highcpu-.*|(e2-(micro|small|medium)|f1-micro|g1-small)")
CUSTOM = re.compile(r"(\w+-)?custom-(?P<vcpus>\d+)-(?P<mb>\d+)(-ext)?")
PROCESS_MB = 1700

GPU_FAMILIES = {"nvidia-l4": "g2", "nvidia-tesla-a100": "a2", "nvidia-a100-80gb": "a2", "nvidia-h100-80gb": "a3"}
"""Machines that a GPU comes with; the older ones, nvidia-tesla-..., are attached to n1."""


def problems(options: PipelineOptions, job: argparse.Namespace) -> list[str]:
    """A sentence for each thing that Dataflow, or a worker, would refuse or suffer from.

    Args:
        options: Beam's, as the job would get them.
        job: the arguments of `laughter detect` or `laughter shards`.
    """
    return [*_names(options), *_places(options, job), *_models(job), *_workers(options, job), *_conflicts(options)]


def gpu_type(options: PipelineOptions) -> str | None:
    """The GPU that the options ask for, such as nvidia-tesla-t4; None without one."""
    services = options.view_as(GoogleCloudOptions).dataflow_service_options or []
    found = [re.search(r"type:([^;]*)", option) for option in services if option.startswith("worker_accelerator")]
    return next((match[1] for match in found if match), None)


def _names(options: PipelineOptions) -> Iterator[str]:
    cloud, worker = options.view_as(GoogleCloudOptions), options.view_as(WorkerOptions)
    if not PROJECT.fullmatch(cloud.project or ""):
        yield (
            f"--project {cloud.project} is no project's id (6 to 30 lower-case letters, digits and dashes, beginning "
            "with a letter); the console shows it beside the project's name and number"
        )
    if not REGION.fullmatch(cloud.region or ""):
        yield f"--region {cloud.region} is no region's name; say one such as us-central1, without a zone's letter"
    if not JOB_NAME.fullmatch(cloud.job_name or ""):
        yield f"--job_name {cloud.job_name} may have 63 lower-case letters, digits and dashes, and begins with a letter"
    for label in cloud.labels or []:
        if not LABEL.fullmatch(label):
            yield f"--labels {label} must be KEY=VALUE, each of up to 63 lower-case letters, digits, dashes and _"
    keys = [label.partition("=")[0] for label in cloud.labels or []]
    if len(keys) > MAX_LABELS or len(set(keys)) < len(keys):
        yield f"--labels: at most {MAX_LABELS}, each key once; leave some out"
    if worker.sdk_container_image and not IMAGE.fullmatch(worker.sdk_container_image):
        yield f"--sdk_container_image {worker.sdk_container_image} is no image's name; say HOST/PROJECT/.../NAME:TAG"


def _places(options: PipelineOptions, job: argparse.Namespace) -> Iterator[str]:
    staging = str(options.view_as(GoogleCloudOptions).staging_location).removesuffix("/staged")
    named: dict[str, Iterable[str | None]] = {"--staging": [staging]}
    if job.command == "detect":
        named |= {"INPUT": job.inputs, "--output": [job.output], "--store": [job.store]}
    else:
        named |= {"--input": job.input or [], "--output": [job.output]}
        named |= {"--store": [job.store], "--labels-csv": [job.labels_csv]}
    for option, places in named.items():
        for place in places:
            if place is not None and not PLACE.fullmatch(place):
                yield f"{option} {place} is not where workers can reach it; say gs://BUCKET/... in its place"
    inputs = job.inputs if job.command == "detect" else job.input or []
    if sum(len(item.encode()) for item in inputs) > MAX_INPUT_BYTES:
        yield f"{len(inputs)} inputs are too many for a job's graph; name a pattern, or a .txt list at gs://"


def _models(job: argparse.Namespace) -> Iterator[str]:
    if job.command != "detect":
        return
    shipped = shipped_names()
    for option, value in (("--bundle", job.bundle), ("--head", job.head)):
        if value is not None and value not in shipped and not PLACE.fullmatch(value):
            yield f"{option} {value} is not on the workers; copy it to gs://, or name one of {', '.join(shipped)}"
    if job.embedder is not None and job.embedder not in EMBEDDERS and not PLACE.fullmatch(job.embedder):
        yield f"--embedder {job.embedder} is not on the workers; copy the weights and the PCA parameters to gs://"
    if "vggish" in (job.bundle, job.embedder, job.head) and not (job.embedder or "").startswith("gs://"):
        yield (
            "Google's VGGish weights are not on the workers; run `laughter models fetch`, copy both files to gs:// and "
            "name the checkpoint there: --bundle vggish --embedder gs://.../vggish_model.ckpt"
        )


def _workers(options: PipelineOptions, job: argparse.Namespace) -> Iterator[str]:
    worker = options.view_as(WorkerOptions)
    machine = str(worker.machine_type)
    family = machine.partition("-")[0]
    if LITTLE_MEMORY.fullmatch(machine) or _custom_mb_a_vcpu(machine) < PROCESS_MB:
        yield f"--machine_type {machine} has too little memory: each vCPU runs a process of up to 1.7 GB"
    threads = options.view_as(DebugOptions).number_of_worker_harness_threads or 0
    recordings = threads * _processes(options, machine)
    least_gb = SYSTEM_GB + RECORDING_GB * recordings
    if (worker.disk_size_gb or 0) < least_gb:
        yield (
            f"--disk_size_gb {worker.disk_size_gb} is too small for image, packages and the {recordings} recordings "
            f"that {machine} works on at a time; at least {least_gb}"
        )
    if (worker.max_num_workers or 0) < 1 or (worker.num_workers or 0) > worker.max_num_workers:
        yield f"--max_num_workers {worker.max_num_workers} must be at least 1 and no less than --num_workers"
    if threads < 1:
        yield "--number_of_worker_harness_threads must be at least 1"
    if getattr(job, "precision", None) == "bfloat16" and family in WITHOUT_BFLOAT16 and not gpu_type(options):
        yield (
            f"--precision bfloat16 would be emulated on {machine}, slower than float32; take a machine with AMX or "
            "AVX512-BF16, such as --machine_type c3-standard-4"
        )
    yield from _gpu(options, machine, family)


def _custom_mb_a_vcpu(machine: str) -> float:
    """Memory for each vCPU of a machine whose name tells both, such as n2-custom-4-16384; without end of any other."""
    told = CUSTOM.fullmatch(machine)
    return int(told["mb"]) / max(1, int(told["vcpus"])) if told else math.inf


def _processes(options: PipelineOptions, machine: str) -> int:
    """SDK processes of a machine: one a vCPU, whose number ends the machine's name, unless told otherwise."""
    vcpus = re.search(r"-(\d+)(-\d+)?(-ext)?$", machine)  # n2-standard-4, n2-custom-4-16384
    alone = options.view_as(DebugOptions).lookup_experiment("no_use_multiple_sdk_containers")
    return int(vcpus[1]) if vcpus and not alone else 1


def _gpu(options: PipelineOptions, machine: str, family: str) -> Iterator[str]:
    gpu = gpu_type(options)
    if gpu is None:
        return
    if not re.fullmatch(r"nvidia-[a-z0-9-]+", gpu):
        yield f"--gpu {gpu} is no type of GPU; say one such as nvidia-tesla-t4"
    elif family != GPU_FAMILIES.get(gpu, "n1"):
        yield f"--gpu {gpu} cannot be had with {machine}; say --machine_type {GPU_FAMILIES.get(gpu, 'n1')}-..."
    if not options.view_as(WorkerOptions).sdk_container_image:
        yield "--gpu needs --sdk_container_image, for Beam's image lacks the GPU's libraries; see the Containerfile"


def _conflicts(options: PipelineOptions) -> Iterator[str]:
    standard, worker = options.view_as(StandardOptions), options.view_as(WorkerOptions)
    cloud = options.view_as(GoogleCloudOptions)
    if cloud.update:
        yield "--update is for streaming jobs; leave it out: a job started anew goes on from what the store holds"
    if standard.streaming:
        yield "--streaming does not fit: the job ends with its recordings; leave it out"
    if cloud.flexrs_goal:
        if gpu_type(options):
            yield "--flexrs_goal and --gpu exclude each other: flexible scheduling has no machines with GPUs"
        if worker.worker_zone or worker.zone:
            yield "--flexrs_goal chooses the zone itself; leave out --worker_zone"
        if worker.autoscaling_algorithm == "NONE":
            yield "--flexrs_goal needs autoscaling; leave out --autoscaling_algorithm NONE"
