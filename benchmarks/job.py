"""Runs the job in a process of its own, for the benchmarks."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Mapping
from typing import Any


def run_detect(arguments: Mapping[str, Any]) -> dict[str, float]:
    """Run the job in a process of its own; see `_child` for the arguments.

    Returns:
        start_s (imports, starting workers, loading the models), work_s (the rest), cpu_s (processor time of the process
        and its children), peak_mb (of memory, that process alone), children_mb (the largest of its own children,
        ffmpeg or workers).
    """
    command = [sys.executable, "-m", "benchmarks.job", json.dumps(arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _child(arguments: Mapping[str, Any]) -> dict[str, float]:
    """Run the job on `inputs` into `output` with `weights`, `pca`, `head`, `precision` and `workers`.

    Without `weights`, with the compact embedder.
    """
    import time

    began = time.time()
    from models.bundles import selection
    from models.bundles.bundle import EmbedderSpec, open_bundle
    from pipeline import engine_options
    from pipeline.jobs import detect
    from pipeline.jobs.detect_options import DetectOptions
    from transforms.embed.part_state import EmbedSettings
    from transforms.tables.annotate_recordings import AnnotateSettings

    head = open_bundle(arguments["head"]).head()
    compact = selection.select_models(bundle="compact")
    spec = compact.embedder
    if "weights" in arguments:
        weights = arguments["weights"], arguments["pca"], arguments["precision"]
        spec = EmbedderSpec("vggish", *weights, "benchmark", "benchmark")
    engine = engine_options.engine_options(["--direct_num_workers", str(arguments.get("workers", 1))])
    store = f"{arguments['output']}/store"
    threads = engine_options.threads_per_worker(engine)
    options = DetectOptions(
        inputs=arguments["inputs"],
        embed=EmbedSettings(store, spec, recompute=True, threads=threads, tracker=compact.tracker),
        annotate=AnnotateSettings(store, arguments["output"], head, head.thresholds),
        notes=(),
        root=None,
        beam=engine,
        quiet=True,
    )
    launched = time.time()
    result = detect.run_engine(options)
    ended, start_s = time.time(), detect.start_s(result, launched)
    usage, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "start_s": launched - began + start_s,
        "work_s": ended - launched - start_s,
        "cpu_s": sum(used.ru_utime + used.ru_stime for used in (usage, children)),
        "peak_mb": usage.ru_maxrss / 1024,
        "children_mb": children.ru_maxrss / 1024,
    }


if __name__ == "__main__":
    print(json.dumps(_child(json.loads(sys.argv[1]))))
