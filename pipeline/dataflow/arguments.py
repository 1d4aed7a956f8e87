"""Options of run_dataflow.sh, and why each default is as it is. The names are Apache Beam's own, its aliases too."""

from __future__ import annotations

import argparse

DESCRIPTION = """Run `laughter detect` (or `laughter shards`) on Google Cloud Dataflow.

The project is built as a source distribution, which every worker installs with all that it needs: the compact bundle
is in it, ffmpeg comes with the package imageio-ffmpeg. Everything not listed here goes to the job and to Beam."""

EPILOG = """examples:
  ./run_dataflow.sh --project P --region R --staging gs://BUCKET/staging 'gs://ARCHIVE/2016/*.mp4' --output gs://BUCKET/tables
  ./run_dataflow.sh ... --flexrs_goal COST_OPTIMIZED --labels archive=2016    # overnight, at a lower price
  ./run_dataflow.sh ... --bundle gs://BUCKET/bundles/mine --dry-run           # check all of it, without Google
  ./run_dataflow.sh shards --project P --region R --staging gs://... --input 'gs://.../*.tfrecord' --output gs://..."""

MACHINE = "n2-standard-4"
GPU_MACHINE = "n1-standard-4"


def build_dataflow_parser() -> argparse.ArgumentParser:
    """The parser; it imports nothing heavy."""
    parser = argparse.ArgumentParser(
        prog="run_dataflow.sh",
        usage="run_dataflow.sh [detect|shards] --project P --region R --staging gs://... [OPTION ...] INPUT ...",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    needed = parser.add_argument_group("what has to be said")
    needed.add_argument("--project", required=True, help="the Google Cloud project's id, which pays")
    needed.add_argument("--region", required=True, help="where the workers run: that of the buckets, or traffic costs")
    needed.add_argument("--staging", required=True, metavar="gs://...", help="folder for packages and temporary files")
    _add_worker_arguments(parser.add_argument_group("workers"))
    job = parser.add_argument_group("the job")
    job.add_argument(
        "--job_name", metavar="NAME", help="shown in the console (default: laughter-JOB and the time, UTC)"
    )
    job.add_argument(
        "--labels",
        "--label",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="on the job and its machines, to find them on the bill; may be given again",
    )
    job.add_argument(
        "--experiments",
        "--experiment",
        action="append",
        default=[],
        metavar="NAME",
        help="of Dataflow; may be given again",
    )
    job.add_argument(
        "--dry-run",
        action="store_true",
        help="check all that can be checked without Google, build the job against a storage emulator, start nothing",
    )
    return parser


def _add_worker_arguments(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--machine_type",
        "--worker_machine_type",
        metavar="TYPE",
        help=f"default: {MACHINE}, for AVX-512 and 4 GB for each of its 4 processes, which take 1.7 GB; with --gpu "
        f"{GPU_MACHINE}, to which GPUs can be attached",
    )
    group.add_argument(
        "--disk_size_gb",
        type=int,
        default=50,
        metavar="GB",
        help="default: %(default)s, for Beam's image, the packages (3 GB), and two copies of recordings a process",
    )
    group.add_argument(
        "--max_num_workers",
        type=int,
        default=25,
        metavar="N",
        help="ceiling of autoscaling, so that a wrong pattern has a limit to its price (default: %(default)s)",
    )
    group.add_argument(
        "--number_of_worker_harness_threads",
        type=int,
        metavar="N",
        help="recordings at a time in each process, of which there is one a vCPU (default: 2, one is fetched while the "
        "other computes; with --gpu, whose machine has one process, 8)",
    )
    group.add_argument(
        "--flexrs_goal",
        choices=("COST_OPTIMIZED",),
        help="for overnight work: begins within six hours, partly on preemptible machines, at a lower price; no GPU",
    )
    group.add_argument(
        "--gpu",
        metavar="TYPE",
        help="one a worker, such as nvidia-tesla-t4 (default: none, for decoding stays on the processor); needs "
        "--sdk_container_image with the GPU's libraries",
    )
    group.add_argument(
        "--sdk_container_image",
        "--worker_harness_container_image",
        metavar="IMAGE",
        help="built from the Containerfile: workers start without installing anything, also without a public network "
        "(default: Beam's image, on which each worker installs the package, some minutes)",
    )
