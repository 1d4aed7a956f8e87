"""How recordings are embedded, and whether a part of the store is what that would give."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence

from common import storage
from common.redaction import redact_url
from models.bundles.bundle import EmbedderSpec, TrackerSpec
from transforms.decode.containers import VIDEO
from transforms.decode.settings import RULES_VERSION, DecodeSettings
from transforms.embed.recordings import Recording
from transforms.embed.store import PART_FORMAT, PartInfo, fingerprint, part_path, read_info
from transforms.transport.packets import is_transport_stream


@dataclasses.dataclass(frozen=True)
class EmbedSettings:
    """How recordings are embedded.

    Attributes:
        store: root of the embedding store.
        embedder: which embedder, at which precision.
        tracker: which tracker runs beside it; None for none. Another one voids no part.
        decode: what changes the samples, and limits.
        recompute: embed again what the store holds already.
        only_new: leave alone every recording that has a part, whatever the part says.
        threads: batches embedded at a time; None for one a core.
    """

    store: str
    embedder: EmbedderSpec
    decode: DecodeSettings = DecodeSettings()
    recompute: bool = False
    only_new: bool = False
    threads: int | None = None
    tracker: TrackerSpec | None = None

    def fingerprint(self, recording: Recording, instead_of: Sequence[Recording] = ()) -> str:
        """Of everything that changes the recording's embeddings; of one taken instead of others, they are named too."""
        facts = {
            "format": PART_FORMAT,
            "recording": [recording.recording_id, recording.size_bytes, recording.modified],
            "embedder": self.embedder.fingerprint,
            "decode": self.decode.fingerprint(),
        }
        if instead_of:
            facts["instead_of"] = [[other.size_bytes, other.modified] for other in instead_of]
        return fingerprint(facts)


@dataclasses.dataclass(frozen=True)
class PartState:
    """What a run has to do for some recordings of one id.

    Attributes:
        info: what their part says; None where there is none.
        source: the recording it was made from; None where that is not among them any more.
        why: why they are decoded, or decoded anew; None where the part is used.
        waits: whether the part is used although rules that have changed since made it.
    """

    info: PartInfo | None = None
    source: Recording | None = None
    why: str | None = None
    waits: bool = False


def part_state(candidates: Sequence[Recording], settings: EmbedSettings) -> PartState:
    """Whether the part of some recordings of one id is used, and if not, why.

    A part is used where its fingerprint fits; recordings that failed are tried again, and so, whatever the settings,
    are those whose embeddings were damaged in the store and those that were written to while they were read. What older
    rules of decoding may have got wrong, transport streams and what was partial, is decoded anew; of those, `only_new`
    leaves alone what is whole.
    """
    info = read_info(part_path(settings.store, candidates[0].date, candidates[0].recording_id))
    if info is None:
        return PartState(why="not in the store")
    if settings.recompute:
        return PartState(info, why="--recompute")
    fitting = (one for one in candidates if info.fingerprint == _fingerprint_of_choice(one, candidates, info, settings))
    source = next(fitting, None)
    if info.stage in ("store", "changed"):
        return PartState(info, source, "damaged in the store" if info.stage == "store" else "changed while it was read")
    outdated = _outdated(info, source or candidates[0])
    if settings.only_new:
        again = outdated and info.status == "partial"
        return PartState(info, source, outdated if again else None, waits=bool(outdated) and not again)
    if info.status == "failed" or source is None:
        failed = info.status == "failed"
        return PartState(info, source, "failed before" if failed else "the file, the embedder or an option is another")
    return PartState(info, source, outdated)


def _outdated(info: PartInfo, recording: Recording) -> str | None:
    """Why the part of a recording is not what the present rules of decoding would give; None where it is."""
    if info.rules >= RULES_VERSION or info.status == "failed":
        return None
    if info.status == "partial":
        return "partial by older rules of decoding"
    if info.is_transport_stream is False or not _is_transport_stream(recording.path):
        return None
    return "a transport stream, decoded by older rules"


def _is_transport_stream(path: str) -> bool:
    """By its content where it lies on this machine, else by its name."""
    if storage.is_remote(path):
        return os.path.splitext(redact_url(path))[1].lower() in VIDEO["mpegts"]
    try:
        return is_transport_stream(path)
    except (OSError, ValueError):
        return False


def _fingerprint_of_choice(
    chosen: Recording, candidates: Sequence[Recording], info: PartInfo, settings: EmbedSettings
) -> str:
    """Of a part made from `chosen`: one that is whole came after those before it, any other after all."""
    place = candidates.index(chosen)
    others = candidates[:place] if info.status == "done" else (*candidates[:place], *candidates[place + 1 :])
    return settings.fingerprint(chosen, others)
