"""The teacher that the compact embedder learns from: an AudioSet tagger in ONNX, run on the CPU.

The features are those of EfficientAT (Schmid, Koutini, Widmer 2022, "Efficient large-scale audio tagging via
transformer-to-CNN knowledge distillation"): 32 kHz, pre-emphasis, 25 ms windows every 10 ms, 128 Kaldi mel bands
up to 15 kHz. A second is scored with one second of context on each side.
"""

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np

from common.errors import UsageError
from common.extras import require

TEACHER_RATE = 32000
AUDIOSET_CLASSES = 527
CONTEXT_S = 1
FFT_SAMPLES, HOP_SAMPLES, FRAME_SAMPLES, BANDS, HIGH_HZ = 1024, 320, 800, 128, 15000.0
FRAMES_PER_SECOND = TEACHER_RATE // HOP_SAMPLES
BATCH_WINDOWS = 32

Teacher = Callable[[np.ndarray], np.ndarray]
"""float32 [(1 + seconds + 1) * 32000] -> float32 [seconds, 527]: scores of every second but the first and last."""


def load_teacher(path: pathlib.Path, *, threads: int = 1) -> Teacher:
    """The tagger in an ONNX file as a plain function.

    Raises:
        UsageError: there is no such file, it is no ONNX model, or onnxruntime is not installed.
    """
    if not path.is_file():
        raise UsageError(f"the teacher {path} is not there: name the tagger's ONNX file with --teacher")
    runtime = require("onnxruntime", purpose="teachers")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    try:
        session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own, of about ten types
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UsageError(
            f"the teacher {path} is not an ONNX model that can be run ({reason}); name the tagger's"
        ) from error
    return OnnxTeacher(session=session, banks=mel_banks())


@dataclasses.dataclass(frozen=True)
class OnnxTeacher:
    """A tagger session with its mel filters [513, 128]."""

    session: Any
    banks: np.ndarray

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """Scores float32 [seconds, 527] in [0, 1] of samples float32 [(1 + seconds + 1) * 32000] at 32 kHz."""
        seconds = len(samples) // TEACHER_RATE - 2 * CONTEXT_S
        if seconds < 1 or len(samples) % TEACHER_RATE:
            raise ValueError(f"the teacher scores whole seconds between two of context, not {len(samples)} samples")
        mel, width = log_mel(samples, self.banks), (1 + 2 * CONTEXT_S) * FRAMES_PER_SECOND
        windows = np.stack([mel[:, s * FRAMES_PER_SECOND :][:, :width] for s in range(seconds)])[:, None]
        name = self.session.get_inputs()[0].name
        batches = [windows[at : at + BATCH_WINDOWS] for at in range(0, seconds, BATCH_WINDOWS)]
        logits = np.concatenate([self.session.run(None, {name: batch})[0] for batch in batches])
        return (1 / (1 + np.exp(-logits))).astype(np.float32)


def mel_banks() -> np.ndarray:
    """Triangular filters on Kaldi's mel scale, float32 [513, 128], from 0 to 15 kHz."""
    edges = np.linspace(0.0, _mel(np.array(HIGH_HZ)), BANDS + 2)
    bins = _mel(np.arange(FFT_SAMPLES // 2 + 1) * TEACHER_RATE / FFT_SAMPLES)[:, None]
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    banks = np.maximum(0.0, np.minimum(rising, falling))
    banks[-1] = 0.0  # Kaldi leaves the Nyquist bin out
    return banks.astype(np.float32)


def log_mel(samples: np.ndarray, banks: np.ndarray) -> np.ndarray:
    """The tagger's features: float32 [128, frames], 100 frames a second, about zero mean and unit variance."""
    emphasised = (samples[1:] - 0.97 * samples[:-1]).astype(np.float32)
    padded = np.pad(emphasised, FFT_SAMPLES // 2, mode="reflect")
    side = (FFT_SAMPLES - FRAME_SAMPLES) // 2
    window = np.pad(np.hanning(FRAME_SAMPLES), side).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT_SAMPLES)[::HOP_SAMPLES] * window
    spectrum = require("scipy.fft", purpose="teachers").rfft(frames, axis=-1)
    power = spectrum.real**2 + spectrum.imag**2
    return ((np.log(power @ banks + 1e-5) + 4.5) / 5).T.astype(np.float32)


def _mel(frequency_hz: np.ndarray) -> np.ndarray:
    return 1127 * np.log(1 + frequency_hz / 700)
