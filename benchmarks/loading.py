"""Rates of loading the shards, against parsing the original TFRecords in the same run; all files are in the cache.

python -m benchmarks.shards --work /var/tmp/release && python -m benchmarks.loading --work /var/tmp/release
"""

from __future__ import annotations

import argparse
import pathlib
import time

from benchmarks.made_release import CLIPS


def main() -> None:
    """Run the benchmark on what `benchmarks.shards` made."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, required=True, help="as given to benchmarks.shards")
    parser.add_argument("--scale", type=float, default=1.0, help="as given to benchmarks.shards")
    parser.add_argument("--repeats", type=int, default=1)
    arguments = parser.parse_args()

    from benchmarks.shards import bare_pass
    from models.load_shards import load_clips, stream

    clips = round(CLIPS * arguments.scale)
    release = arguments.work / f"release-{clips}"
    shards = release.with_name(f"{release.name}-shards")
    for file in (*release.glob("*/*.tfrecord"), *shards.glob("*/*.parquet")):
        file.read_bytes()  # so that nothing waits for the disk
    for repeat in range(1, arguments.repeats + 1):
        marks = [time.monotonic()]
        bare_pass(release)
        marks.append(time.monotonic())
        streamed = sum(len(batch[1]) for batch in stream(shards, "train", "held_out", batch=1024, seed=repeat))
        marks.append(time.monotonic())
        loaded = len(load_clips(shards, "train", "held_out"))
        marks.append(time.monotonic())
        bare_s, stream_s, load_s = (end - begin for begin, end in zip(marks, marks[1:], strict=False))
        print(
            f"{repeat}: TFRecords parsed {clips / bare_s:.0f} clips/s; shards to tf.data {streamed / stream_s:.0f} "
            f"clips/s, ratio {streamed / stream_s * bare_s / clips:.2f}; whole set as arrays in {load_s:.1f} s "
            f"({loaded / load_s:.0f} clips/s)",
            flush=True,
        )


if __name__ == "__main__":
    main()
