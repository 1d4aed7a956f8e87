"""A small archive of made recordings, and what a run of `laughter detect` on it wrote."""

import pathlib
import wave

import numpy as np
import pyarrow.parquet as pq

NAMES = ("2016-01-01_0000_US_CNN_One", "2016-01-01_0100_US_CNN_Two", "2016-01-02_0000_US_KABC_Three")


def make_recording(path, *, seconds=30, loud=((8, 11),), seed=0):
    """A wav at 16 kHz: near silence, and noise that the loudness head takes for giggles in the seconds `loud`."""
    rng = np.random.default_rng(seed)
    sound = rng.standard_normal(int(seconds * 16000)) * 1e-4
    for start, end in loud:
        sound[start * 16000 : end * 16000] = rng.standard_normal((end - start) * 16000) * 0.3
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def rows(output, table):
    return [
        row
        for path in sorted((output / table).glob("*/*.parquet"))
        for row in pq.read_table(path, partitioning=None).to_pylist()
    ]


def states(*folders):
    """Content and modification time of every file below the folders."""
    files = [path for folder in folders for path in pathlib.Path(folder).rglob("*") if path.is_file()]
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def contents(output):
    """Every part of the store and every table, byte for byte (annotations note when parts were written)."""
    files = {path.relative_to(output): path for path in output.rglob("*.parquet")}
    return {name: path.read_bytes() for name, path in sorted(files.items()) if name.parts[0] != "annotations"}
