"""Which precision `auto` means: bfloat16 where the processor is built for it and the results agree."""

from __future__ import annotations

import pathlib
import re

import numpy as np
import numpy.typing as npt

from models.bundles.vggish_files import VggishFiles

MAX_DIFFERENCE = 2.0
"""Largest mean absolute difference of quantised values, of 255, at which bfloat16 counts as agreeing."""

PROBE_SECONDS = 64


def resolve(files: VggishFiles, *, distributed: bool) -> tuple[str, str | None]:
    """The precision to use for these weights on this machine, and a sentence about it."""
    if distributed:
        return "float32", "precision float32: the workers' processors are not known (--precision bfloat16 overrides)"
    if not has_fast_bfloat16():
        return "float32", None
    difference = mean_difference(files)
    if difference > MAX_DIFFERENCE:
        return "float32", (
            f"precision float32: on this processor bfloat16 changes quantised values by {difference:.2f} of 255 on "
            f"average, more than {MAX_DIFFERENCE}"
        )
    return "bfloat16", f"precision bfloat16: it agrees with float32 within {difference:.2f} of 255 on average"


def has_fast_bfloat16(cpuinfo: pathlib.Path = pathlib.Path("/proc/cpuinfo")) -> bool:
    """Whether the processor has AMX or AVX512 instructions for bfloat16; False where that cannot be told."""
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    flags = re.search(r"^flags\s*:(.*)$", text, re.MULTILINE)
    return bool(flags) and bool({"amx_bf16", "avx512_bf16"} & set(flags[1].split()))  # type: ignore[index]


def mean_difference(files: VggishFiles) -> float:
    """Mean absolute difference of the quantised values of both precisions, on a minute of varied sound."""
    pcm = probe_sound()
    exact, fast = (embed_with(files, precision, pcm).astype(np.int16) for precision in ("float32", "bfloat16"))
    return float(np.abs(exact - fast).mean())


def embed_with(files: VggishFiles, precision: str, pcm: npt.NDArray[np.int16]) -> npt.NDArray[np.uint8]:
    """Embeddings, uint8 [n, 128], of sound, int16 [n, 16000], at that precision."""
    from models.bundles.bundle import EmbedderSpec

    return EmbedderSpec("vggish", files.weights, files.pca, precision, "", "").load().embed(pcm)


def probe_sound() -> npt.NDArray[np.int16]:
    """A minute of made sound, int16 [64, 16000]: laughter, speech, music, applause and noise in turn."""
    from models.sounds import synthesis

    rng = np.random.default_rng(0)
    makers = (synthesis.laugh, synthesis.speech_like, synthesis.music_like, synthesis.applause_like)
    seconds = PROBE_SECONDS / len(makers)
    whole = np.concatenate([maker(rng, seconds) for maker in makers])
    return np.round(whole / np.abs(whole).max() * 30000).astype(np.int16).reshape(PROBE_SECONDS, 16000)
