"""Dataflow, as far as it can be tried without Google: options, the workers' package, the job as a template."""

import argparse
import json
import logging
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

import gcsfs
import pytest
from apache_beam.options import pipeline_options
from apache_beam.portability.api import beam_runner_api_pb2
from gcp_storage_emulator.server import create_server

from common.errors import UsageError
from pipeline import cli
from pipeline.dataflow import launch
from pipeline.dataflow.arguments import build_dataflow_parser
from pipeline.dataflow.package import PACKAGES, PackageError, build
from tests.helpers.open_resources import free_port

NEEDED = ("--project=my-project", "--region=us-central1", "--staging=gs://stage/x")
OUTPUT = ("gs://archive/2016/*.mp4", "--output=gs://out/tables")
IMAGE = "--sdk_container_image=us-docker.pkg.dev/my-project/r/laughter:0.1.0"
GPU = ("--gpu=nvidia-tesla-t4", IMAGE)


def command(*arguments, job="detect", rest=OUTPUT):
    inputs = [argument for argument in arguments if not argument.startswith("--")]
    options = [argument for argument in arguments if argument.startswith("--")]
    settings, others = build_dataflow_parser().parse_known_args([*inputs, *rest, *NEEDED, *options])
    return launch.job_command(job, settings, others)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--flexrs_goal=COST_OPTIMIZED", "--labels=archive=2016", "--labels=team=speech"),
        GPU,
        ("--gpu=nvidia-l4", "--machine_type=g2-standard-4", IMAGE),
        ("--bundle=gs://models/mine", "--store=gs://out/store", "--no_use_public_ips"),
        (
            "--bundle=vggish",
            "--embedder=gs://models/vggish_model.ckpt",
            "--precision=bfloat16",
            "--machine_type=c3-highmem-4",
        ),
        ("--machine_type=n2-custom-8-32768", "--number_of_worker_harness_threads=3"),
        ("--machine_type=n1-standard-32", *GPU),
        ("--project=example.com:my-project", "--region=europe-north1", "--num_workers=3"),
    ],
)
def test_jobs_that_fit_are_taken(arguments):
    launch.check(command(*arguments))


def test_shards_are_taken_too():
    rest = ("--input=gs://set/*/*.tfrecord", "--output=gs://out/shards")
    launch.check(command(job="shards", rest=rest))
    with pytest.raises(UsageError, match="--input /set is not where workers can reach it"):
        launch.check(command(job="shards", rest=("--input=/set", "--output=gs://out/shards")))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--project=123456",), "--project 123456 is no project's id"),
        (("--project=My Archive",), "no project's id"),
        (("--region=us-central1-a",), "--region us-central1-a is no region's name"),
        (("--staging=/tmp/stage",), "--staging /tmp/stage is not where"),
        (("--staging=gs://Stage",), "--staging gs://Stage is not where"),
        (("--output=tables",), "--output tables is not where"),
        (("more.mp4",), "INPUT more.mp4 is not where"),
        (("--store=s3://else/store",), "--store s3://else/store is not where"),
        (("--job_name=Tonight",), "--job_name Tonight"),
        (("--labels=Team=x",), "--labels Team=x must be KEY=VALUE"),
        (("--labels=a=1", "--labels=a=2"), "each key once"),
        (("--bundle=my_bundle",), "--bundle my_bundle is not on the workers"),
        (("--head=/heads/mine",), "--head /heads/mine is not on the workers"),
        (("--embedder=vggish_model.ckpt",), "--embedder vggish_model.ckpt is not on the workers"),
        (("--bundle=vggish",), "name the checkpoint there"),
        (("--machine_type=e2-micro",), "too little memory"),
        (("--machine_type=n2-highcpu-8",), "too little memory"),
        (("--worker_machine_type=n2-highcpu-8",), "too little memory"),
        (("--machine_type=n2-custom-4-2048",), "--machine_type n2-custom-4-2048 has too little memory"),
        (("--machine_type=custom-8-8192-ext",), "too little memory"),
        (("--update",), "--update is for streaming jobs"),
        (("--disk_size_gb=10",), "--disk_size_gb 10 is too small"),
        (("--machine_type=n2-standard-32",), "the 64 recordings that n2-standard-32 works on at a time; at least 79"),
        (("--max_num_workers=2", "--num_workers=3"), "no less than --num_workers"),
        (("--max_num_workers=0",), "at least 1"),
        (("--number_of_worker_harness_threads=0",), "at least 1"),
        (("--precision=bfloat16",), "would be emulated on n2-standard-4"),
        (("--gpu=nvidia-tesla-t4",), "--gpu needs --sdk_container_image"),
        (("--gpu=T4", IMAGE), "--gpu T4 is no type of GPU"),
        ((*GPU, "--machine_type=n2-standard-4"), "cannot be had with n2-standard-4; say --machine_type n1-"),
        ((*GPU, "--flexrs_goal=COST_OPTIMIZED"), "--flexrs_goal and --gpu exclude each other"),
        (("--flexrs_goal=COST_OPTIMIZED", "--worker_zone=us-central1-a"), "chooses the zone itself"),
        (("--flexrs_goal=COST_OPTIMIZED", "--autoscaling_algorithm=NONE"), "needs autoscaling"),
        (("--streaming",), "--streaming does not fit"),
        (("--sdk_container_image=laughter",), "is no image's name"),
        (tuple(f"gs://archive/{number:06}.mp4" for number in range(30_000)), "30001 inputs are too many"),
    ],
)
def test_what_cannot_run_is_refused_with_a_sentence(arguments, says):
    with pytest.raises(UsageError) as refused:
        launch.check(command(*arguments))
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_each_name_that_beam_has_for_an_option_of_ours_is_ours_too():
    """Else it would go to Beam beside ours, and one of both would count."""
    beam = argparse.ArgumentParser(conflict_handler="resolve")
    for options in pipeline_options.PipelineOptions.__subclasses__():
        if "_add_argparse_args" in vars(options):
            options._add_argparse_args(beam)
    names = {name: action.dest for action in beam._actions for name in action.option_strings}
    ours = {name for action in build_dataflow_parser()._actions for name in action.option_strings}
    known = {names[name] for name in ours & names.keys()}
    missing = {name for name, dest in names.items() if dest in known and name not in ours}
    assert not missing
    given = {names[name] for name in launch.GIVEN_BY_US if name in names}
    assert not {name for name, dest in names.items() if dest in given and name not in launch.GIVEN_BY_US}


def test_every_reason_is_said_at_once():
    with pytest.raises(UsageError) as refused:
        launch.check(command("--project=1", "--region=2", "--streaming"))
    assert str(refused.value).count("\nlaughter: ") == 2


def test_options_that_follow_from_others_are_refused(capsys):
    assert launch.main([*NEEDED, *OUTPUT, "--dry-run", "--temp_location=gs://else/temp"]) == 2
    assert "--temp_location follows from --staging" in capsys.readouterr().err


def test_help_says_why_of_each_option(capsys):
    with pytest.raises(SystemExit):
        launch.main(["--help"])
    text = capsys.readouterr().out
    for option in ("machine_type", "disk_size_gb", "max_num_workers", "flexrs_goal", "gpu", "labels", "experiments"):
        assert re.search(rf"--{option}[ ,][^\n]*\n? +\w", text)


def test_the_workers_package_holds_models_data_and_requirements(tmp_path):
    package = build(cli.HOME, tmp_path)
    with tarfile.open(package) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    models = {f"models/bundles/compact/{name}" for name in ("embedder.npz", "tracker.npz", "tracker.json")}
    assert {*models, "transforms/embed/embed_recordings.py", "setup.py"} <= names
    assert not any(name.startswith("tests") for name in names)


@pytest.mark.parametrize(
    ("spoilt", "lines", "lacks"),
    [
        ("setup.py", r' +"models\.bundles": \["\*/\*\.json", .*\n', "models/bundles/compact/card.json"),
        ("setup.py", r' +"imageio-ffmpeg.*\n', "imageio-ffmpeg"),
    ],
)
def test_a_package_that_lacks_something_is_refused(tmp_path, spoilt, lines, lacks):
    checkout = tmp_path / "checkout"
    for name in PACKAGES:
        shutil.copytree(cli.HOME / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.py", "pyproject.toml", "README.md", "MANIFEST.in"):
        shutil.copy(cli.HOME / name, checkout)
    for name in (spoilt, "MANIFEST.in"):
        text = (checkout / name).read_text()
        without = re.sub(lines, "", text).replace("recursive-include models/bundles *.json *.npz\n", "")
        assert without != text
        (checkout / name).write_text(without)
    with pytest.raises(PackageError, match=rf"lacks .*{lacks}"):
        build(checkout, tmp_path)


def test_an_installation_is_no_checkout(tmp_path):
    with pytest.raises(PackageError, match=r"has no setup\.py"):
        build(tmp_path, tmp_path)


@pytest.fixture
def emulator(caplog):
    """A storage emulator with a bucket `stage`; `requests` gives what it was asked for."""
    port = free_port()
    with create_server("127.0.0.1", port, in_memory=True, default_bucket="stage") as server:
        server.host = f"http://127.0.0.1:{port}"
        server.files = gcsfs.GCSFileSystem(token="anon", endpoint_url=server.host, skip_instance_cache=True)
        caplog.set_level(logging.INFO, logger="gcp_storage_emulator.server")
        server.requests = lambda: [record.getMessage() for record in caplog.records if "gcp_storage" in record.name]
        yield server


def dry_run(*arguments, job=(), rest=OUTPUT, host=None):
    environment = {name: value for name, value in os.environ.items() if name != "STORAGE_EMULATOR_HOST"}
    environment |= {"PYTHONPATH": str(cli.HOME)} | ({"STORAGE_EMULATOR_HOST": host} if host else {})
    run = [sys.executable, "-m", "pipeline.dataflow", *job, *rest, *NEEDED, *arguments, "--dry-run"]
    done = subprocess.run(run, capture_output=True, text=True, env=environment, cwd=cli.HOME, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def read_template(emulator):
    """The template, the graph it names, the bytes of each staged file by its name, and those of both."""
    template = emulator.files.cat_file("stage/x/template/job.json")
    options = json.loads(template)["environment"]["sdkPipelineOptions"]["options"]
    graph = emulator.files.cat_file(options["pipelineUrl"])
    staged = emulator.files.find(options["staging_location"], detail=True)
    sizes = {pathlib.PurePath(name).name: info["size"] for name, info in staged.items()}
    return json.loads(template), beam_runner_api_pb2.Pipeline.FromString(graph), sizes, len(template) + len(graph)


@pytest.mark.tensorflow
def test_the_template_of_detect(emulator):
    arguments = ("--flexrs_goal=COST_OPTIMIZED", "--labels=archive=2016", "--experiments=shuffle_mode=service")
    said = dry_run(*arguments, "--job_name=tonight", host=emulator.host)
    job, graph, staged, _ = read_template(emulator)
    steps = {transform.unique_name for transform in graph.components.transforms.values()}
    for step in ("FindRecordings", "EmbedRecordings", "ListStaleDays", "AnnotateRecordings", "WriteTables"):
        assert step in steps
        assert step in said
    assert "EmbedRecordings/Embed" in steps
    assert job["name"] == "tonight"
    assert job["type"] == "JOB_TYPE_BATCH"
    assert job["labels"] == {"archive": "2016"}
    environment = job["environment"]
    assert environment["flexResourceSchedulingGoal"] == "FLEXRS_COST_OPTIMIZED"
    assert "shuffle_mode=service" in environment["experiments"]
    (pool,) = environment["workerPools"]
    assert (pool["machineType"], pool["diskSizeGb"], pool["numThreadsPerWorker"]) == ("n2-standard-4", 50, 2)
    assert pool["autoscalingSettings"]["maxNumWorkers"] == 25
    packages = {package["name"]: package["location"] for package in pool["packages"]}
    version = re.search(r'version="(.*)"', (cli.HOME / "setup.py").read_text())[1]
    assert packages[f"laughter-{version}.tar.gz"].startswith("storage.googleapis.com/stage/x/staged/tonight.")
    assert set(packages) <= set(staged)
    assert staged[f"laughter-{version}.tar.gz"] > 3_000_000  # the bundle is in it
    (image,) = pool["sdkHarnessContainerImages"]
    pinned = re.search(r"^apache-beam==(\S*)", (cli.HOME / "locks" / "3.11" / "core.txt").read_text(), re.M)[1]
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert image["containerImage"].endswith(f"beam_python{python}_sdk:{pinned}")
    assert "pickled_main_session" not in staged


@pytest.mark.tensorflow
def test_the_job_is_as_small_for_an_archive_as_for_one_recording(emulator):
    emulator.files.mkdir("archive")
    for number in range(20):
        emulator.files.pipe_file(f"archive/2016/{number:06}.mp4", b".")
    before, sizes = len(emulator.requests()), []
    for pattern in ("gs://archive/2016/00000[7].mp4", "gs://archive/2016/00[0-9]*.mp4"):
        said = dry_run("--bundle=gs://models/mine", "--job_name=tonight", rest=(pattern, OUTPUT[1]), host=emulator.host)
        assert "not looked at: gs://models/mine" in said
        sizes.append(read_template(emulator)[3])
    assert max(sizes) < 1_000_000
    assert max(sizes) - min(sizes) < 200  # names of temporary files, and how times are written
    asked = emulator.requests()[before:]
    assert asked
    assert not [line for line in asked if "/archive" in line]  # so it cannot grow with what lies there


@pytest.mark.tensorflow
def test_a_gpu_and_an_image(emulator):
    dry_run(*GPU, host=emulator.host)
    job, _, staged, _ = read_template(emulator)
    environment = job["environment"]
    assert environment["serviceOptions"] == ["worker_accelerator=type:nvidia-tesla-t4;count:1;install-nvidia-driver"]
    assert "no_use_multiple_sdk_containers" in environment["experiments"]
    (pool,) = environment["workerPools"]
    assert (pool["machineType"], pool["numThreadsPerWorker"]) == ("n1-standard-4", 8)
    assert pool["sdkHarnessContainerImages"][0]["containerImage"] == IMAGE.partition("=")[2]
    assert not [name for name in staged if name.endswith(".tar.gz")]  # it is in the image


@pytest.mark.tensorflow
def test_shards_on_an_emulator_of_its_own():
    rest = ("--input=gs://set/*/*.tfrecord", "--output=gs://out/shards")
    said = dry_run(job=("shards",), rest=rest)
    assert "steps: Inputs, ReadAudioSet, ShuffleIntoShards" in said
    assert "nothing was started" in said
    assert int(re.search(r"template and graph: (\d+) bytes", said)[1]) < 1_000_000
