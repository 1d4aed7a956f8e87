"""Listing a bucket against what bare gcsfs and Beam take for it: python -m benchmarks.listing [--objects 100000].

A server on this machine answers as Google Cloud Storage does, a page of a thousand objects at a time, so the times are
those of the clients, and of this server.
"""

from __future__ import annotations

import argparse
import http.server
import json
import multiprocessing
import os
import resource
import statistics
import time
import urllib.parse
from collections.abc import Callable
from typing import Any

PAGE = 1000
PATTERN = "gs://archive/2016/*.mp4"


def describe_object(number: int) -> dict[str, Any]:
    """What Google Cloud Storage says of an object; names as archives have them, in order."""
    name = (
        f"2016/2016-{number // 50_000 % 12 + 1:02d}-{number // 2000 % 25 + 1:02d}_{number % 2000:04d}_US_CNN_Show.mp4"
    )
    place, generation = f"archive/o/{urllib.parse.quote(name, safe='')}", f"{1_700_000_000_000_000 + number}"
    moment = "2016-02-01T00:00:00.000Z"
    return {
        "kind": "storage#object",
        "id": f"archive/{name}/{generation}",
        "selfLink": f"https://storage.invalid/storage/v1/b/{place}",
        "mediaLink": f"https://storage.invalid/download/storage/v1/b/{place}?generation={generation}&alt=media",
        "name": name,
        "bucket": "archive",
        "generation": generation,
        "metageneration": "1",
        "contentType": "video/mp4",
        "storageClass": "STANDARD",
        "size": str(500_000_000 + number),
        "md5Hash": "1B2M2Y8AsgTpgAmY7PhCfg==",
        "crc32c": "AAAAAA==",
        "etag": "CJCCxqfx3v4CEAE=",
        "timeCreated": moment,
        "updated": moment,
        "timeStorageClassUpdated": moment,
        "timeFinalized": moment,
    }


def pages(objects: int) -> dict[bool, list[bytes]]:
    """All pages as they are sent: whole, and with only the fields that were asked for."""
    made: dict[bool, list[bytes]] = {False: [], True: []}
    for first in range(0, objects, PAGE):
        items = [describe_object(number) for number in range(first, min(first + PAGE, objects))]
        more = {"nextPageToken": str(first // PAGE + 1)} if first + PAGE < objects else {}
        asked = [{key: item[key] for key in ("name", "size", "timeCreated", "generation")} for item in items]
        made[False].append(json.dumps({"kind": "storage#objects", **more, "items": items}).encode())
        made[True].append(json.dumps({**more, "items": asked}).encode())
    return made


def serve(objects: int, ready: Any) -> None:
    """Answer listings of a bucket with so many objects, until the process is ended."""
    made = pages(objects)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
            page = made["fields" in query and "timeCreated" in query["fields"][0]][
                int(query.get("pageToken", ["0"])[0])
            ]
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ready.put(server.server_address[1])
    server.serve_forever()


def ours() -> int:
    """The recordings of the pattern, one at a time, as the job's workers find them."""
    from transforms.embed.find_recordings import find

    return sum(1 for _ in find([PATTERN]))


def ours_kept() -> int:
    """The same, all kept by their ids, as the command does that plans a run."""
    from transforms.embed.find_recordings import find

    return len({recording.recording_id: recording for recording in find([PATTERN])})


def bare_gcsfs() -> int:
    """What gcsfs gives for the pattern."""
    import fsspec

    return len(fsspec.filesystem("gs", token="anon").glob(PATTERN, detail=True))


def beam() -> int:
    """What Beam's client gives for the pattern's folder, one at a time."""
    from apache_beam.io.gcp.gcsio import GcsIO
    from google.cloud import storage

    client = GcsIO(storage_client=storage.Client.create_anonymous_client())
    return sum(1 for _ in client.list_files("gs://archive/2016/", with_metadata=True))


WAYS: dict[str, Callable[[], int]] = {
    "laughter, one at a time": ours,
    "laughter, all kept": ours_kept,
    "bare gcsfs": bare_gcsfs,
    "Beam's client": beam,
}


def measure(way: str, url: str, answer: Any) -> None:
    """List by one way, in this process alone: seconds, and MB on top of what the imports took."""
    os.environ["STORAGE_EMULATOR_HOST"] = url
    os.environ["FSSPEC_GS_TOKEN"] = "anon"
    import apache_beam.io.gcp.gcsio  # noqa: F401
    import gcsfs  # noqa: F401

    import transforms.embed.find_recordings  # noqa: F401

    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    count = WAYS[way]()
    wall_s = time.perf_counter() - began
    answer.put((count, wall_s, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))


def run(objects: int, repeats: int) -> dict[str, tuple[float, float]]:
    """Median seconds and peak MB of each way, by turns."""
    context = multiprocessing.get_context("spawn")
    ready, answer = context.Queue(), context.Queue()
    server = context.Process(target=serve, args=(objects, ready), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{ready.get()}"
    times: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
    for _ in range(repeats):
        for way in WAYS:
            process = context.Process(target=measure, args=(way, url, answer))
            process.start()
            count, wall_s, peak_mb = answer.get()
            process.join()
            if count != objects:
                raise RuntimeError(f"{way} found {count} of {objects}")
            times[way].append((wall_s, peak_mb))
    server.terminate()
    return {way: tuple(map(statistics.median, zip(*found, strict=True))) for way, found in times.items()}


def main() -> None:
    """Measure at a tenth and at the whole of the objects, and print times, memory and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=100_000, help="in the bucket (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="of which the median counts (default: %(default)s)")
    arguments = parser.parse_args()
    for objects in (arguments.objects // 10, arguments.objects):
        found = run(objects, arguments.repeats)
        for way, (wall_s, peak_mb) in found.items():
            print(f"{objects} objects, {way}: {wall_s:.2f} s, {peak_mb:.0f} MB on top of imports", flush=True)
    wall_s, _ = found["laughter, one at a time"]
    for other in ("bare gcsfs", "Beam's client"):
        print(f"time over {other}: {wall_s / found[other][0]:.2f}")


if __name__ == "__main__":
    main()
