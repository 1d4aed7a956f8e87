"""Real sounds out of Debian packages: fetched, unpacked, cut into labelled clips, listed in a manifest.

A source that is done leaves a list of its clips in OUTPUT/.done, named by what it was made from, so that a run goes
on where the last one stopped and makes anew what the plan changed. The manifest has the columns that
`laughter train-compact` reads.
"""

import contextlib
import csv
import dataclasses
import fcntl
import hashlib
import pathlib
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from common.errors import UsageError
from models.sounds.manifest import MANIFEST, MANIFEST_COLUMNS
from transforms.collect import cutting, debian
from transforms.collect.package import NAME_LABELS, SPEECH, Package
from transforms.collect.speech import SENTENCES, Synthesiser, read_aloud

COLUMNS = (*MANIFEST_COLUMNS[:2], "seconds", *MANIFEST_COLUMNS[2:])
SUFFIXES = frozenset(
    [".wav", ".ogg", ".oga", ".opus", ".mp3", ".flac", ".g722", ".gsm", ".wv", ".au", ".aif", ".aiff", ".raw"]
)
RARE = frozenset({"laughter", "giggle", "scream", "crying", "cough", "sneeze", "moan", "sigh", "yawn", "snore"})
"""Labels that are taken before all others where a package has more audio than is kept of it."""
WORD_S, PHRASE_S = 1.5, 5.0
"""Spoken files shorter than the first are joined to about the second."""
MIN_SOUND_S = 0.25
PIECES_PER_FILE = 4
VERSION = 1
"""To be raised whenever the same plan would come out otherwise, so that everything is made again."""

Source = Package | Synthesiser


@dataclasses.dataclass(frozen=True)
class Sound:
    """A file of a package: its path, its name below /usr/share, label and group."""

    path: pathlib.Path
    name: str
    label: str
    group: str


@dataclasses.dataclass(frozen=True, eq=False)
class Clip:
    """What becomes a file: float32 [samples] at `rate_hz`, and what it is made of, for people to read."""

    samples: np.ndarray
    rate_hz: int
    label: str
    group: str
    origin: str


def done_file(source: Source, output: pathlib.Path) -> pathlib.Path:
    """Where the list of a source's clips is once it is done."""
    made_from = repr((VERSION, source, NAME_LABELS if isinstance(source, Package) else SENTENCES))
    return output / ".done" / f"{source.name}-{hashlib.sha256(made_from.encode()).hexdigest()[:12]}.csv"


def collect(
    sources: Sequence[Source],
    output: pathlib.Path,
    *,
    downloads: pathlib.Path | None = None,
    report: Callable[[str], object] = print,
) -> list[str]:
    """Make the clips of all sources below `output`, and its manifest.csv; returns one sentence a failed source.

    Args:
        sources: what to collect; the manifest lists these in their order, and no others.
        output: folder of the clips.
        downloads: folder to keep the packages in; where it is None they are removed once used.
        report: told of every source that is begun, and of failures.

    Raises:
        UsageError: Debian's tools or the extra `train` are absent, or another run writes to `output`.
        OSError: `output` cannot be written.
    """
    debian.check_system()
    (output / ".done").mkdir(parents=True, exist_ok=True)
    failed = []
    with _alone(output):
        for number, source in enumerate(sources, 1):
            done = done_file(source, output)
            if not done.exists():
                report(f"{number} of {len(sources)}: {source.name} {source.version}")
                try:
                    _write_rows(done, collect_one(source, output, downloads))
                except debian.PackageError as error:
                    failed.append(str(error))
                    report(str(error))
            write_manifest(sources, output)
    return failed


def collect_one(source: Source, output: pathlib.Path, downloads: pathlib.Path | None) -> list[dict[str, str]]:
    """Fetch, unpack and cut one source into OUTPUT/NAME; returns its lines of the manifest.

    Raises:
        PackageError: it cannot be had, is damaged or does not run.
    """
    folder = output / source.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with tempfile.TemporaryDirectory(prefix=".unpacked-", dir=output) as temporary:
        root = pathlib.Path(temporary, "root")
        for name, version in source.packages:
            debian.unpack(debian.fetch(name, version, downloads or pathlib.Path(temporary)), root)
        made = clips(source, sounds(source, root)) if isinstance(source, Package) else spoken(source, root)
        return [_keep(source, clip, number, output) for number, clip in enumerate(limited(made, source.minutes))]


def sounds(package: Package, root: pathlib.Path) -> list[Sound]:
    """The files to use of an unpacked package, each content once, in the order in which to use them.

    Rare labels come first, then the first file of every speaker, the second of every speaker, and so on; which of a
    speaker's files is first depends on nothing but the names.
    """
    found, seen = [], set()
    for path in debian.files(root, SUFFIXES):
        name = re.sub(r"^.*?usr/share/(?:games/)?", "", path.relative_to(root).as_posix())
        content = hashlib.sha256(path.read_bytes()).digest()
        if content in seen or not re.search(package.take, name) or re.search(package.skip, name):
            continue
        seen.add(content)
        found.append(Sound(path, name, label_of(package, name), group_of(package, name)))
    return _in_turns(found)


def label_of(package: Package, name: str) -> str:
    """What is heard in a file, as far as the plan or its name tells."""
    for pattern, label in package.labels:
        if re.search(pattern, name):
            return label
    last = name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    if package.names_tell:
        for words, label in NAME_LABELS:
            if words.search(last):
                return label
    return package.label


def group_of(package: Package, name: str) -> str:
    """The package, and the speaker where the path tells one."""
    match = re.search(package.speaker, name) if package.speaker else None
    speaker = "-".join(part for part in match.groups() if part) if match else ""
    return f"{package.name}/{speaker}".rstrip("/")


def clips(package: Package, found: Iterable[Sound]) -> Iterator[Clip]:
    """The sounds as clips; what cannot be read, and what is silent or shorter than 0.25 s, is left out."""
    words: dict[tuple[str, int], list[tuple[str, np.ndarray]]] = {}
    for sound in found:
        samples, rate_hz = np.zeros(0, np.float32), cutting.MAX_RATE_HZ
        with contextlib.suppress(ValueError):
            samples, rate_hz = cutting.decode(sound.path, raw_hz=package.raw_hz)
        samples = cutting.trim(samples, rate_hz)
        if sound.label == SPEECH and 0 < len(samples) < WORD_S * rate_hz:
            phrase = words.setdefault((sound.group, rate_hz), [])
            phrase.append((sound.name, samples))
            if sum(len(word) for _, word in phrase) >= PHRASE_S * rate_hz:
                yield _joined(words.pop((sound.group, rate_hz)), rate_hz, sound.group)
        elif len(samples) >= MIN_SOUND_S * rate_hz:
            pieces = cutting.even_choice(cutting.cut(samples, rate_hz), PIECES_PER_FILE)
            yield from (Clip(piece, rate_hz, sound.label, sound.group, sound.name) for piece in pieces)
    for (group, rate_hz), phrase in words.items():
        yield _joined(phrase, rate_hz, group)


def spoken(synthesiser: Synthesiser, root: pathlib.Path) -> Iterator[Clip]:
    """The sentences that a synthesiser reads, as clips."""
    for voice, number, samples, rate_hz in read_aloud(synthesiser, root):
        origin = f"{' '.join(voice.arguments)}, sentence {number + 1} in {voice.language}"
        yield Clip(cutting.trim(samples, rate_hz), rate_hz, SPEECH, voice.group, origin)


def limited(made: Iterator[Clip], minutes: float) -> Iterator[Clip]:
    """The clips until there are so many minutes of them."""
    seconds = 0.0
    for clip in made:
        yield clip
        seconds += len(clip.samples) / clip.rate_hz
        if seconds >= 60 * minutes:
            return


def write_manifest(sources: Sequence[Source], output: pathlib.Path) -> None:
    """Put together the manifest of those sources that are done."""
    done = [path for path in (done_file(source, output) for source in sources) if path.exists()]
    _write_rows(output / MANIFEST, [row for path in done for row in read_manifest_rows(path)])


def read_manifest_rows(path: pathlib.Path) -> list[dict[str, str]]:
    """The lines of a manifest."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@contextlib.contextmanager
def _alone(output: pathlib.Path) -> Iterator[None]:
    """Keep other runs out of `output`: two would remove each other's clips. The lock ends with the process."""
    with (output / ".done" / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(f"another run writes to {output}: wait for its end, or name another --output") from error
        yield


def _joined(phrase: Sequence[tuple[str, np.ndarray]], rate_hz: int, group: str) -> Clip:
    more = f" and {len(phrase) - 1} more" if len(phrase) > 1 else ""
    return Clip(cutting.join([word for _, word in phrase], rate_hz), rate_hz, SPEECH, group, f"{phrase[0][0]}{more}")


def _in_turns(found: Sequence[Sound]) -> list[Sound]:
    """Rare labels first, then the groups in turns."""
    turns: dict[tuple[bool, str], int] = {}
    keyed = []
    for sound in sorted(found, key=lambda sound: hashlib.sha256(sound.name.encode()).digest()):
        rare, group = sound.label in RARE, sound.group
        turn = turns[rare, group] = turns.get((rare, group), 0) + 1
        keyed.append(((not rare, turn, group), sound))
    return [sound for _, sound in sorted(keyed, key=lambda pair: pair[0])]


def _keep(source: Source, clip: Clip, number: int, output: pathlib.Path) -> dict[str, str]:
    """Write a clip and return its line of the manifest."""
    path = output / source.name / f"{number:04d}_{clip.label}.flac"
    cutting.write_flac(path, clip.samples, clip.rate_hz)
    return {
        "path": path.relative_to(output).as_posix(),
        "label": clip.label,
        "seconds": f"{len(clip.samples) / clip.rate_hz:.3f}",
        "group": clip.group,
        "use": "train",
        "licence": source.licence,
        "source": f"Debian {source.name} {source.version}: {clip.origin}",
    }


def _write_rows(path: pathlib.Path, rows: Sequence[dict[str, str]]) -> None:
    """Write lines of a manifest; the file is whole or absent."""
    part = path.with_suffix(".part")
    with part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    part.replace(path)
