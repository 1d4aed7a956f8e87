"""Made what lies beside it, with the code as it was before the house was redrawn (commit f734bb2).

In a checkout of that commit: python make.py FOLDER, with that checkout on PYTHONPATH. The same laughs, names, sizes and
times of change are made again by the test that uses it, for they are what a store knows its recordings by.
"""

import json
import os
import pathlib
import shutil
import sys
import wave

import numpy as np

ARCHIVE = pathlib.Path("/tmp/laughter_before_the_move")
"""A store knows where its recordings lay."""

NAMES = ("2016-01-01_0000_US_CNN_One.wav", "2016-01-02_0100_DE_ZDF_Two.wav", "nameless.wav")
BROKEN = "2016-01-01_0200_US_CNN_Broken.mp4"
MOMENT_NS = 1_451_700_000_123_456_789


def make_archive(laugh) -> None:
    """Recordings of 14 s with a laugh each, `laugh` being the function that makes one."""
    ARCHIVE.mkdir()
    for number, name in enumerate(NAMES):
        rng = np.random.default_rng(number)
        sound = 0.001 * rng.standard_normal(14 * 16000)
        sound[4 * 16000 : 10 * 16000] += laugh(rng, 6.0)
        with wave.open(str(ARCHIVE / name), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16000)
            file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
        os.utime(ARCHIVE / name, ns=(MOMENT_NS + number, MOMENT_NS + number))


def main(output: pathlib.Path) -> None:
    """Run detect over the archive, and note the versions by which its files know each other."""
    from transforms.atomic_files import file_version

    from models.sounds import laugh
    from pipeline import cli

    make_archive(laugh)
    (ARCHIVE / BROKEN).write_text("no recording")
    try:
        status = cli.main(["detect", str(ARCHIVE), "--bundle", "compact", "--output", str(output)])
        assert status == 3, status
    finally:
        shutil.rmtree(ARCHIVE)
    files = sorted(path for path in output.rglob("*.parquet"))
    versions = {path.relative_to(output).as_posix(): file_version(str(path)) for path in files}
    (output / "versions.json").write_text(json.dumps(versions, indent=1) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
