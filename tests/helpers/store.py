"""Parts of an embedding store, made without a recording."""

import numpy as np

from transforms.decode.outcome import MediaInfo
from transforms.embed.store import PartInfo, part_path, write_part


def part_info(recording, **changes):
    """All that is known of a recording that gave what was asked for, or with these changes."""
    known = {
        "fingerprint": "f",
        "recording": recording,
        "media": MediaInfo(duration_s=60.0, codec="pcm_s16le", sample_rate_hz=16000, channels=1),
        "audio_s": 60.0,
        "silence_filled_s": 0.0,
        "seconds": 60,
        "status": "done",
        "stage": None,
        "error": None,
        "embedder": "compact-0 float32",
        "embedder_fingerprint": "0",
    }
    return PartInfo(**{**known, **changes})


def made_part(root, recording, embeddings, **changes):
    """Write a part in three pieces; returns its path."""
    with write_part(str(root), recording) as part:
        for piece in np.array_split(embeddings, 3):
            part.append(piece)
        part.set_info(part_info(recording, seconds=len(embeddings), **changes))
    return part_path(str(root), recording.date, recording.recording_id)
