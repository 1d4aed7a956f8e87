"""Bundles: a folder (or URL, such as gs://...) with a card (card.json) and weights; an embedder, a head, or both.

A bundle is data: a card in JSON and arrays in .npz files without pickles. Loading one never executes anything from it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import pathlib
from typing import TYPE_CHECKING, Any

from common import storage
from common.errors import ModelError
from models.constants import CLASSES
from models.events import Thresholds

if TYPE_CHECKING:
    from models.networks.embedder import Embedder
    from models.networks.head import Head

SHIPPED = pathlib.Path(__file__).parent
"""The bundles that come with the project, one folder each."""

EMBEDDERS = ("vggish", "compact", "placeholder")


_SHIPPED_PREFIX = "shipped:"


@dataclasses.dataclass(frozen=True)
class EmbedderSpec:
    """Which embedder, said in a way that travels to workers.

    Attributes:
        name: one of EMBEDDERS.
        weights: path or URL of its weights, as `to_portable_path` gives it; "" for the placeholder.
        pca: path of VGGish's PCA parameters; "" where the weights hold their own.
        precision: "float32" or "bfloat16".
        fingerprint: changes with the weights, the PCA and the precision.
        space: changes with the weights and the PCA only: embeddings of one space may be read by one head.
    """

    name: str
    weights: str
    pca: str
    precision: str
    fingerprint: str
    space: str

    @property
    def label(self) -> str:
        """For tables: the name, the first of the fingerprint and the precision."""
        return f"{self.name}-{self.fingerprint[:8]} {self.precision}"

    def load(self, *, threads: int | None = None) -> Embedder:
        """The embedder itself; `threads` batches run at a time."""
        from models.networks import embedder
        from models.networks.threads import use_one_thread_per_call

        use_one_thread_per_call()  # before any weight becomes a tensor
        if self.name == "placeholder":
            network, pca = embedder.placeholder_network()
        elif self.name == "compact":
            from models.networks.compact import load_compact

            with storage.local_copy(resolve_path(self.weights), sha256=self.space) as weights:
                network, pca = load_compact(weights)
        else:
            from models.bundles.vggish_files import load_pca_anywhere
            from models.networks.vggish import load_vggish_weights, vggish_network

            network = vggish_network(load_vggish_weights(self.weights), precision=self.precision)  # type: ignore
            pca = load_pca_anywhere(self.pca)
        loaded = embedder.Embedder(network, pca, threads=threads)
        loaded.warm_up()
        return loaded


@dataclasses.dataclass(frozen=True)
class HeadSpec:
    """Which head, said in a way that travels to workers.

    Attributes:
        path: of its .npz file, as `to_portable_path` gives it.
        fingerprint: SHA-256 of that file.
        name, version: from its card.
        embedder: the embedder whose embeddings it was trained on.
        embedder_weights: SHA-256 of that embedder's weights where they are in the head's own bundle, else what the card
            names as the space of the embeddings it was trained on; "" where that is not known.
        thresholds, padding: from its card.
    """

    path: str
    fingerprint: str
    name: str
    version: str
    embedder: str
    embedder_weights: str
    thresholds: Thresholds
    padding: str

    @property
    def label(self) -> str:
        """For tables: the name and the first of the fingerprint."""
        return f"{self.name}-{self.fingerprint[:8]}"

    def load(self) -> Head:
        """The head itself."""
        from models.networks.head_files import load_head

        with storage.local_copy(resolve_path(self.path), sha256=self.fingerprint) as head:
            return dataclasses.replace(load_head(head), padding=self.padding)


@dataclasses.dataclass(frozen=True)
class Bundle:
    """A folder with a card, read and checked.

    Attributes:
        folder: path or URL where it lies.
        card: what its card says.
    """

    folder: str
    card: dict[str, Any]

    @property
    def name(self) -> str:
        """The card's name."""
        return str(self.card["name"])

    @property
    def version(self) -> str:
        """The card's version."""
        return str(self.card["version"])

    @property
    def has_head(self) -> bool:
        """Whether it holds a head."""
        return bool(self.card.get("head"))

    def head(self) -> HeadSpec:
        """The bundle's head, its checksum verified."""
        if not self.has_head:
            raise ModelError(f"the bundle {self.name} ({self.folder}) has no head; name one with --head")
        path, checksum = self._verified("head")
        return HeadSpec(
            path=to_portable_path(path),
            fingerprint=checksum,
            name=self.name,
            version=self.version,
            embedder=str(self.card["embedder"]),
            embedder_weights=str((self.card.get("embedder_weights") or {}).get("sha256", self.card.get("space", ""))),
            thresholds=Thresholds(**self.card.get("thresholds", {})),
            padding=str(self.card["head"]["padding"]),
        )

    def embedder_weights(self) -> tuple[str, str]:
        """The path or URL and the SHA-256 of the embedder's weights in the bundle."""
        return self._verified("embedder_weights")

    def _verified(self, part: str) -> tuple[str, str]:
        entry = self.card[part]
        name = str(entry["file"])
        path = f"{self.folder}/{name}"
        try:
            if os.path.basename(name) != name:
                raise FileNotFoundError(name)
            with storage.open_file(path) as file:
                checksum = hashlib.sha256(file.read()).hexdigest()
        except (FileNotFoundError, IsADirectoryError):
            raise ModelError(f"{self.folder} lacks the file {name!r} that its card names; get it again") from None
        if checksum != entry["sha256"]:
            raise ModelError(f"{path} is damaged: its checksum is not the one on its card; get the bundle again")
        return path, checksum

    def verify(self) -> list[str]:
        """Check every weight file of the bundle against its card; the names of those checked."""
        parts = [part for part in ("embedder_weights", "head") if self.card.get(part)]
        return [self._verified(part)[0].rsplit("/", 1)[-1] for part in parts]


def open_bundle(name_or_folder: str | os.PathLike[str]) -> Bundle:
    """Open a shipped bundle by its name, or any by its folder or URL.

    Raises:
        BundleError: there is none, or its card is not one of ours.
        common.storage.StorageError: the storage does not answer.
    """
    folder = os.fspath(name_or_folder).rstrip("/")
    if folder in shipped_names():
        folder = str(SHIPPED / folder)
    try:
        with storage.open_file(f"{folder}/card.json", "r", encoding="utf-8") as file:
            card = json.load(file)
    except OSError:
        known = ", ".join(shipped_names())
        raise ModelError(
            f"{os.fspath(name_or_folder)} is neither a bundle that ships ({known}) nor a folder or URL with a card.json"
        ) from None
    except ValueError as error:
        raise ModelError(f"{folder}/card.json is not JSON ({error}); get the bundle again") from None
    _check_card(folder, card)
    return Bundle(folder, card)


def shipped_names() -> list[str]:
    """The bundles that come with the project."""
    return sorted(card.parent.name for card in SHIPPED.glob("*/card.json"))


def _check_card(folder: str | os.PathLike[str], card: Any) -> None:
    place = f"{os.fspath(folder)}/card.json"
    if not isinstance(card, dict) or not {"name", "version", "classes", "embedder"} <= card.keys():
        raise ModelError(f"{place} lacks a name, a version, classes or an embedder; it is no bundle's card")
    if tuple(card["classes"]) != CLASSES:
        raise ModelError(f"{place} lists other classes than {', '.join(CLASSES)}, in that order")
    if card["embedder"] not in EMBEDDERS:
        raise ModelError(f"{place} names the embedder {card['embedder']!r}, not one of {', '.join(EMBEDDERS)}")


def to_portable_path(path: str) -> str:
    """The path of a weight file in a form that holds on workers too, where the project is installed elsewhere.

    A URL holds everywhere; another path of this machine's disk only where workers share that disk.
    """
    if storage.is_remote(path):
        return path
    if pathlib.Path(path).is_relative_to(SHIPPED):
        return _SHIPPED_PREFIX + pathlib.Path(path).relative_to(SHIPPED).as_posix()
    return os.path.abspath(path)


def resolve_path(path: str) -> str:
    """What `to_portable_path` gave, as a path on this machine."""
    if path.startswith(_SHIPPED_PREFIX):
        return str(SHIPPED / path.removeprefix(_SHIPPED_PREFIX))
    return path


def write_card(folder: str | os.PathLike[str], card: dict[str, Any]) -> None:
    """Write `card` to the bundle at the local `folder`, with the checksums of the weight files that it names."""
    folder = pathlib.Path(folder)
    for part in ("embedder_weights", "head"):
        if card.get(part):
            card[part]["sha256"] = hashlib.sha256((folder / card[part]["file"]).read_bytes()).hexdigest()
    _check_card(folder, card)
    (folder / "card.json").write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
