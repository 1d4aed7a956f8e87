"""VGGish's front end as float32 TensorFlow operations: seconds of audio in, log-mel patches out.

The numbers follow `mel_features.py` and `vggish_params.py` of tensorflow/models, research/audioset/vggish
(Hershey et al., "CNN architectures for large-scale audio classification", ICASSP 2017); only the way to
them differs. A patch uses samples 0 to 15,599 of its second, so patches never cross seconds.
"""

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from models.constants import SAMPLE_RATE_HZ, SECOND_SAMPLES

PATCH_SAMPLES = 15600
PATCH_FRAMES = 96
MEL_BANDS = 64

HOP_SAMPLES = 160
_FRAME = 400
_HALF = _FRAME // 2
_FFT = 512
_LOWEST_HZ, _HIGHEST_HZ = 125.0, 7500.0
_LOG_OFFSET = 0.01

Float32 = npt.NDArray[np.float32]


def log_mel_patches(seconds: tf.Tensor) -> tf.Tensor:
    """Turns seconds of audio into VGGish's input.

    Args:
        seconds: float32 [B, 16000], 16 kHz mono in [-1, 1], one second a row.

    Returns:
        float32 [B, 96, 64]: natural log of (mel magnitude + 0.01), 25 ms frames every 10 ms.
    """
    return log_mel_frames(tf.reshape(seconds, [-1, SECOND_SAMPLES]), PATCH_FRAMES)


def log_mel_frames(sound: tf.Tensor, frames: int) -> tf.Tensor:
    """The same features of longer stretches: frame i uses samples 160 * i to 160 * i + 399.

    Args:
        sound: float32 [B, n], n a multiple of 160 and at least 160 * (frames + 2).
        frames: of each stretch.

    Returns:
        float32 [B, frames, 64].
    """
    even, odd = _folded_frames(sound, frames)
    cosines, sines, mel = _transforms()
    magnitude = tf.sqrt(tf.square(even @ cosines) + tf.square(odd @ sines))
    return tf.reshape(tf.math.log(magnitude @ mel + _LOG_OFFSET), [-1, frames, MEL_BANDS])


def _folded_frames(sound: tf.Tensor, frames: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Even and odd parts of each frame about its middle sample, float32 [B * frames, 200] each.

    The periodic Hann window is symmetric about sample 200 and zero at sample 0, and a magnitude does not
    depend on where a frame's time starts: the cosine transform of the even part and the sine transform of
    the odd part are half the work of one transform of the whole frame. Slices of 10 ms hops are joined
    instead of gathering samples, which is several times faster.
    """
    hops = tf.reshape(sound, [-1, sound.shape[1] // HOP_SAMPLES, HOP_SAMPLES])
    mirrored = tf.reverse(hops, [2])
    own, following, third = slice(0, frames), slice(1, frames + 1), slice(2, frames + 2)
    middle = _HALF - HOP_SAMPLES  # where sample 200 of a frame lies within its second hop
    after = tf.concat([hops[:, following, middle:], hops[:, third, : _FRAME - 2 * HOP_SAMPLES]], -1)
    before = tf.concat([mirrored[:, following, HOP_SAMPLES - middle - 1 :], mirrored[:, own, : HOP_SAMPLES - 1]], -1)
    after, before = tf.reshape(after, [-1, _HALF]), tf.reshape(before, [-1, _HALF])
    return after + before, after - before


def _transforms() -> tuple[Float32, Float32, Float32]:
    """Windowed cosines and sines [200, bins] and mel weights [bins, 64], for the bins that mel uses."""
    mel = mel_matrix()
    used = np.flatnonzero(mel.any(axis=1))
    time = np.arange(_HALF)[:, np.newaxis]
    phase = 2 * np.pi / _FFT * time * used
    window = 0.5 + 0.5 * np.cos(2 * np.pi / _FRAME * time)  # Hann, from its middle to its end
    window[0] /= 2  # the middle sample appears in both halves
    cosines, sines = window * np.cos(phase), window * np.sin(phase)
    return cosines.astype(np.float32), sines.astype(np.float32), mel[used].astype(np.float32)


def mel_matrix() -> npt.NDArray[np.float64]:
    """Weights from the 257 magnitude bins of a 512-point transform to the 64 mel bands.

    Returns:
        float64 [257, 64]: triangles in HTK mel between 125 and 7,500 Hz with peaks of 1, and no weight for
        bin 0, as in the reference's `spectrogram_to_mel_matrix`.
    """
    bins = _hertz_to_mel(np.linspace(0.0, SAMPLE_RATE_HZ / 2, _FFT // 2 + 1))[:, np.newaxis]
    low, high = _hertz_to_mel(np.array([_LOWEST_HZ, _HIGHEST_HZ]))
    edges = np.linspace(low, high, MEL_BANDS + 2)
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (bins - lower) / (centre - lower), (upper - bins) / (upper - centre)
    weights = np.maximum(0.0, np.minimum(rising, falling))
    weights[0] = 0.0
    return weights


def _hertz_to_mel(frequency_hz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return 1127.0 * np.log(1.0 + frequency_hz / 700.0)
