"""Bundles: a folder (or URL, such as gs://...) with a card (card.json) and weights; an embedder, a head, or both.

A bundle is data: a card in JSON and arrays in .npz files without pickles. Loading one never executes anything from it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import pathlib
from typing import TYPE_CHECKING

from common import storage
from common.errors import ModelError
from models.bundles.card import CARD_NAME, Card, WeightFile
from models.bundles.tracker_card import TRACKER_CARD, TRACKER_FILE, read_tracker_card
from models.embedding_space import EmbeddingSpace
from models.events.segments import Thresholds, TrackThresholds

if TYPE_CHECKING:
    from models.networks.embedder import Embedder
    from models.networks.head import Head
    from models.networks.tracker import Tracker

SHIPPED = pathlib.Path(__file__).parent
"""The bundles that come with the project, one folder each."""

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
        weights_id: changes with the weights and the PCA only: what they embed may be read by the same heads.
    """

    name: str
    weights: str
    pca: str
    precision: str
    fingerprint: str
    weights_id: str

    @property
    def space(self) -> EmbeddingSpace:
        """Whose embeddings it gives."""
        return EmbeddingSpace(self.name, self.weights_id)

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

            with storage.local_copy(resolve_path(self.weights), sha256=self.weights_id) as weights:
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
        space: whose embeddings it was trained on.
        thresholds, padding: from its card.
    """

    path: str
    fingerprint: str
    name: str
    version: str
    space: EmbeddingSpace
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
class TrackerSpec:
    """Which tracker, said in a way that travels to workers.

    Attributes:
        path: of its .npz file, as `to_portable_path` gives it.
        fingerprint: SHA-256 of that file.
        version: from its card.
        thresholds: from its card.
    """

    path: str
    fingerprint: str
    version: str
    thresholds: TrackThresholds

    @property
    def label(self) -> str:
        """For the store: the version and the first of the fingerprint."""
        return f"tracker-{self.fingerprint[:8]} {self.version}"

    def load(self, *, threads: int | None = None) -> Tracker:
        """The tracker itself; `threads` minutes run at a time."""
        from models.networks.threads import use_one_thread_per_call
        from models.networks.tracker import Tracker

        use_one_thread_per_call()  # before any weight becomes a tensor
        with storage.local_copy(resolve_path(self.path), sha256=self.fingerprint) as weights:
            return Tracker(weights, threads=threads)


@dataclasses.dataclass(frozen=True)
class Bundle:
    """A folder with a card, read and checked.

    Attributes:
        folder: path or URL where it lies.
        card: what its card says.
    """

    folder: str
    card: Card

    def head(self) -> HeadSpec:
        """The bundle's head, its checksum verified."""
        card = self.card
        if card.head is None:
            raise ModelError(f"the bundle {card.name} ({self.folder}) has no head; name one with --head")
        path, checksum = self._verified(card.head)
        return HeadSpec(
            path=to_portable_path(path),
            fingerprint=checksum,
            name=card.name,
            version=card.version,
            space=card.embedding_space,
            thresholds=card.thresholds or Thresholds(),
            padding=str(card.head.padding),
        )

    def tracker(self) -> TrackerSpec | None:
        """The tracker beside the bundle, its checksum verified; None where there is none."""
        if not storage.is_file(f"{self.folder}/{TRACKER_CARD}"):
            return None
        card = read_tracker_card(self.folder)
        path = to_portable_path(f"{self.folder}/{TRACKER_FILE}")
        return TrackerSpec(path, card.sha256, card.version, card.thresholds)

    def embedder_weights(self) -> tuple[str, str]:
        """The path or URL and the SHA-256 of the embedder's weights in the bundle."""
        if self.card.embedder_weights is None:
            raise ModelError(f"the bundle {self.card.name} ({self.folder}) holds no embedder; name one with --embedder")
        return self._verified(self.card.embedder_weights)

    def _verified(self, weights: WeightFile) -> tuple[str, str]:
        name = weights.file
        path = f"{self.folder}/{name}"
        try:
            if os.path.basename(name) != name:
                raise FileNotFoundError(name)
            with storage.open_file(path) as file:
                checksum = hashlib.sha256(file.read()).hexdigest()
        except (FileNotFoundError, IsADirectoryError):
            raise ModelError(f"{self.folder} lacks the file {name!r} that its card names; get it again") from None
        except storage.StorageError:
            raise
        except OSError as error:
            raise ModelError(f"{path} cannot be read ({error.strerror or error}); get the bundle again") from error
        if checksum != weights.sha256:
            raise ModelError(f"{path} is damaged: its checksum is not the one on its card; get the bundle again")
        return path, checksum

    def verify(self) -> list[str]:
        """Check every weight file of the bundle against its card; the names of those checked."""
        files = [weights for weights in (self.card.embedder_weights, self.card.head) if weights]
        names = [self._verified(weights)[0].rsplit("/", 1)[-1] for weights in files]
        return [*names, TRACKER_FILE] if self.tracker() else names


def open_bundle(name_or_folder: str | os.PathLike[str]) -> Bundle:
    """Open a shipped bundle by its name, or any by its folder or URL.

    Raises:
        ModelError: there is none, or its card is not one of ours.
        common.storage.StorageError: the storage does not answer.
    """
    folder = os.fspath(name_or_folder).rstrip("/")
    if folder in shipped_names():
        folder = str(SHIPPED / folder)
    try:
        with storage.open_file(f"{folder}/{CARD_NAME}", "r", encoding="utf-8") as file:
            document = json.load(file)
    except OSError:
        known = ", ".join(shipped_names())
        raise ModelError(
            f"{os.fspath(name_or_folder)} is neither a bundle that ships ({known}) nor a folder or URL with a card.json"
        ) from None
    except ValueError as error:
        raise ModelError(f"{folder}/card.json is not JSON ({error}); get the bundle again") from None
    return Bundle(folder, Card.from_document(document, f"{folder}/{CARD_NAME}"))


def shipped_names() -> list[str]:
    """The bundles that come with the project."""
    return sorted(card.parent.name for card in SHIPPED.glob("*/card.json"))


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
