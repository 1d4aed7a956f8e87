"""Whose work the shipped weights learned from, from the cards themselves: python -m pipeline.notice > NOTICE."""

from __future__ import annotations

from collections.abc import Iterator

from models.bundles.bundle import open_bundle
from models.bundles.tracker_card import read_tracker_card

HEAD = """Laughter in broadcast archives

The project, its weights included, is under the MIT licence (LICENSE). Its weights were trained on the works named here,
under the licences named here. No sound of theirs is in it: what ships are numbers that were fitted to many thousands of
clips. Who reads those licences otherwise can leave out the folder models/bundles/compact; only the bundle `compact`
needs it.

Made by `python -m pipeline.notice > NOTICE`; a test compares the two.
"""

OTHERS = """Others

- The classes are those of AudioSet's ontology (Google, CC BY-SA 4.0).
- The bundle `compact` was taught by scores of the tagger EfficientAT mn04_as (MIT), which is not part of it.
- The network and the weights of VGGish (Google, Apache 2.0), which `laughter models fetch` fetches, do not ship.
- ffmpeg, which decodes, comes with the package imageio-ffmpeg and does not ship (GPL, as that build says).
"""


def text() -> str:
    """The notice, in plain text."""
    return "\n".join([HEAD, *_lines("compact"), *_tracker("compact"), *_lines("vggish"), OTHERS])


def _lines(bundle: str) -> Iterator[str]:
    card = open_bundle(bundle).card
    yield from (f"The bundle `{bundle}` {card.version} learned from", "")
    for data in card.training_data or ():
        clips = f", {data['clips']} clips" if data.get("clips") else ""
        yield f"- {data['source']}: {data['licence']}{clips}"
    yield ""


def _tracker(bundle: str) -> Iterator[str]:
    card = read_tracker_card(open_bundle(bundle).folder)
    known = {(data["source"], data["licence"]) for data in open_bundle(bundle).card.training_data or ()}
    yield from (f"Its tracker {card.version} learned from these too, in other numbers, and from", "")
    for data in card.training_data:
        if (data["source"], data["licence"]) not in known:
            clips = f", {data['clips']} clips" if data.get("clips") else ""
            yield f"- {data['source']}: {data['licence']}{clips}"
    yield ""


if __name__ == "__main__":
    print(text(), end="")
