"""What the benchmarks share: made recordings, weights of VGGish's shape, and a run of the job in its own process."""

from __future__ import annotations

import json
import os
import pathlib
import resource
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import imageio_ffmpeg
import numpy as np

LOOP_S = 600
"""Length of the sound that longer recordings repeat, seconds."""


def make_recordings(folder: pathlib.Path, *, count: int, hours: float) -> list[pathlib.Path]:
    """Recordings of `hours` each, 48 kHz stereo AAC in mp4: ten minutes of made broadcast sound, repeated."""
    folder.mkdir(parents=True, exist_ok=True)
    loop = _make_loop(folder.parent / "loop.mp4")
    first = folder / "2016-01-01_0000_US_TEST_Benchmark.mp4"
    times = max(0, round(hours * 3600 / LOOP_S) - 1)
    _ffmpeg("-stream_loop", str(times), "-i", str(loop), "-c", "copy", "-movflags", "+faststart", str(first))
    others = [folder / f"2016-01-01_{number:02d}00_US_TEST_Benchmark.mp4" for number in range(1, count)]
    for other in others:
        other.unlink(missing_ok=True)
        os.link(first, other)
    return [first, *others]


def _make_loop(path: pathlib.Path) -> pathlib.Path:
    from models import sounds

    if not path.exists():
        rng = np.random.default_rng(0)
        makers = (sounds.speech_like, sounds.laugh, sounds.music_like, sounds.speech_like, sounds.applause_like)
        sound = np.concatenate([makers[turn % len(makers)](rng, 10.0) for turn in range(LOOP_S // 10)])
        pcm = np.round(sound / np.abs(sound).max() * 30000).astype("<i2")
        raw = path.with_suffix(".pcm")
        pcm.tofile(raw)
        _ffmpeg(
            *("-f", "s16le", "-ar", "16000", "-ac", "1", "-i", str(raw)),
            *("-ar", "48000", "-ac", "2", "-c:a", "aac", "-b:a", "128k", str(path)),
        )
        raw.unlink()
    return path


def _ffmpeg(*arguments: str) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *arguments]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def vggish_weights(folder: pathlib.Path, given: str | None) -> tuple[str, str]:
    """Paths of VGGish's weights and PCA: `given`, or seeded ones, which cost the same but mean nothing.

    The seeded network gets a PCA fitted to its own embeddings of the made sound, so that its quantised values
    fill the range as the genuine ones do.
    """
    if given:
        return given, str(pathlib.Path(given).parent / "vggish_pca_params.npz")
    from models.vggish import VARIABLES

    weights, pca = folder / "seeded.npz", folder / "seeded_pca.npz"
    if not pca.exists():
        arrays = {}
        for number, (name, shape) in enumerate(sorted(VARIABLES.items())):
            values = np.random.default_rng(number).standard_normal(shape)
            scale = 0.01 if name.endswith("biases") else np.sqrt(2 / np.prod(shape[:-1]))
            arrays[name] = (values * scale).astype(np.float32)
        np.savez(weights, **arrays)
        vectors, means = _fit_pca(arrays)
        np.savez(pca, pca_eigen_vectors=vectors, pca_means=means)
    return str(weights), str(pca)


def _fit_pca(arrays: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    import tensorflow as tf

    from models import sounds
    from models.log_mel import log_mel_patches
    from models.vggish import vggish_network

    rng = np.random.default_rng(1)
    makers = (sounds.speech_like, sounds.laugh, sounds.music_like, sounds.applause_like)
    sound = np.concatenate([maker(rng, 10.0) for maker in makers for _ in range(10)]).astype(np.float32)
    network = vggish_network(arrays, precision="float32")
    seconds = tf.constant(sound.reshape(-1, 16000))
    raw = np.concatenate([network(log_mel_patches(part)).numpy() for part in tf.split(seconds, len(seconds) // 50)])
    values, vectors = np.linalg.eigh(np.cov(raw.T))
    whitening = (vectors / np.sqrt(values + 0.01 * values.max())).T[::-1]
    return whitening.astype(np.float32), raw.mean(axis=0)[:, None].astype(np.float32)


def make_head(folder: pathlib.Path) -> pathlib.Path:
    """A bundle with an untrained head for VGGish, whose events mean nothing but are many."""
    import keras

    from models import bundle, hybrid_head
    from models.classes import CLASSES

    head = folder / "head"
    if not (head / "card.json").exists():
        head.mkdir(parents=True, exist_ok=True)
        keras.utils.set_random_seed(1)
        model = hybrid_head.build_keras_head(units=64)
        normalise = model.get_layer("normalise_in")
        gamma, beta, _, _ = normalise.get_weights()
        normalise.set_weights([gamma, beta, np.full(128, 127.5), np.full(128, 75.0**2)])
        hybrid_head.head_from_keras(model).save(head / "head.npz")
        card: dict[str, Any] = {"name": "untrained", "version": "0", "classes": list(CLASSES), "embedder": "vggish"}
        card |= {"head": {"file": "head.npz", "padding": "mask"}, "thresholds": {"onset": 0.5, "offset": 0.45}}
        bundle.write_card(head, card)
    return head


def run_detect(arguments: Mapping[str, Any]) -> dict[str, float]:
    """Run the job in a process of its own; see `_child` for the arguments.

    Returns:
        start_s (imports and loading the models), work_s (the rest), peak_mb (of memory, that process alone),
        children_mb (the largest of its own children, ffmpeg or workers).
    """
    command = [sys.executable, "-m", "benchmarks.common", json.dumps(arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _child(arguments: Mapping[str, Any]) -> dict[str, float]:
    """Run the job on `inputs` into `output` with `weights`, `pca`, `head`, `precision` and `workers`."""
    import time

    began = time.monotonic()
    from models.bundle import EmbedderSpec, open_bundle
    from pipeline import detect, engine_options
    from pipeline.detect_options import DetectOptions
    from transforms.annotations import AnnotateSettings
    from transforms.embed_recordings import EmbedSettings

    head = open_bundle(arguments["head"]).head()
    spec = EmbedderSpec("vggish", arguments["weights"], arguments["pca"], arguments["precision"], "benchmark")
    engine = engine_options.engine_options(["--direct_num_workers", str(arguments.get("workers", 1))])
    store = f"{arguments['output']}/store"
    threads = engine_options.threads_a_worker(engine)
    options = DetectOptions(
        inputs=arguments["inputs"],
        embed=EmbedSettings(store, spec, recompute=True, threads=threads),
        annotate=AnnotateSettings(store, arguments["output"], head, head.thresholds),
        notes=(),
        root=None,
        beam=engine,
        quiet=True,
    )
    ready = time.monotonic()
    result = detect.run_engine(options)
    ended, load_s = time.monotonic(), detect.load_s(result)
    usage, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "start_s": ready - began + load_s,
        "work_s": ended - ready - load_s,
        "peak_mb": usage.ru_maxrss / 1024,
        "children_mb": children.ru_maxrss / 1024,
    }


if __name__ == "__main__":
    print(json.dumps(_child(json.loads(sys.argv[1]))))
