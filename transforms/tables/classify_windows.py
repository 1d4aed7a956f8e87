"""ClassifyWindows: the hybrid head over the 1 s and 10 s windows of each recording in the store."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt
from apache_beam.ml.inference.base import KeyedModelHandler, ModelHandler, RunInference

from models.bundles.bundle import HeadSpec
from models.events.windows import WINDOWS_S, WindowScores
from models.networks.head import Head
from models.networks.threads import use_one_thread_per_call
from transforms import run_metrics
from transforms.embed.store import OtherFormat, StorePart, mark_damaged, read_part, read_tracks

logger = logging.getLogger(__name__)

Embeddings = npt.NDArray[np.uint8]


def classify_windows(embeddings: Embeddings, head: Head, *, hop_s: int = 1) -> WindowScores:
    """Score every 1 s and 10 s window of a recording.

    Args:
        embeddings: uint8 [seconds, 128].
        head: the head, which also says how windows are padded at the end.
        hop_s: seconds from one window's start to the next.
    """
    scores = {length: head.window_scores(embeddings, window_s=length, hop_s=hop_s) for length in WINDOWS_S}
    return WindowScores(len(embeddings), hop_s, scores)


class HeadModelHandler(ModelHandler[Embeddings, WindowScores, Head]):
    """Lets Beam's RunInference load and share the head; an example is one recording's embeddings."""

    def __init__(self, head: HeadSpec, *, hop_s: int = 1) -> None:
        """Classify with `head` every `hop_s` seconds."""
        super().__init__()
        self._head = head
        self._hop_s = hop_s

    def load_model(self) -> Head:
        """The head, loaded once a worker."""
        use_one_thread_per_call()
        return self._head.load()

    def run_inference(
        self, batch: Sequence[Embeddings], model: Head, inference_args: dict[str, Any] | None = None
    ) -> Iterable[WindowScores]:
        """Scores of each recording; each is computed alone, so the batch's size changes nothing."""
        for embeddings in batch:
            watch = run_metrics.Stopwatch()
            with watch.timed():
                scores = classify_windows(embeddings, model, hop_s=self._hop_s)
            run_metrics.record("classify_ms", 1000 * watch.seconds)
            run_metrics.count("windows_classified", sum(map(len, scores.by_length.values())))
            yield scores

    def batch_elements_kwargs(self) -> dict[str, int]:
        """One recording at a time: it holds thousands of windows already, and memory stays flat."""
        return {"min_batch_size": 1, "max_batch_size": 1}

    def get_metrics_namespace(self) -> str:
        """Where Beam files the inference's metrics."""
        return "laughter_head"


def read_embeddings(part: StorePart, store: str) -> Iterator[tuple[StorePart, Embeddings]]:
    """The part's embeddings under its name; none where it is damaged, which the part then says, as failed."""
    try:
        embeddings, _ = read_part(part.path)
        read_tracks(part.path)  # events are made of them: their damage has to show here, where it is mended
    except OtherFormat:
        logger.warning("%s is of another version of this project; run on its recording to embed it anew", part.path)
        return
    except (OSError, ValueError, KeyError) as error:
        if isinstance(error, OSError) and error.errno:  # the disk or the network, and not what lies there
            raise
        logger.warning("%s is damaged (%s) and has to be made anew", part.path, error)
        run_metrics.count("parts_damaged")
        mark_damaged(store, part, str(error))
        embeddings, _ = read_part(part.path)
    yield part, embeddings


@dataclasses.dataclass(eq=False)
class ClassifyWindows(beam.PTransform):
    """Parts of the store to (part, WindowScores).

    Attributes:
        head: which head.
        store: root of the embedding store.
        hop_s: seconds from one window's start to the next.
    """

    head: HeadSpec
    store: str
    hop_s: int = 1

    def expand(self, parts: beam.PCollection[StorePart]) -> beam.PCollection[tuple[StorePart, WindowScores]]:
        """Read the embeddings, run the head."""
        store = self.store
        return (
            parts
            | "ReadEmbeddings" >> beam.FlatMap(lambda part: read_embeddings(part, store))
            | "RunHead" >> RunInference(KeyedModelHandler(HeadModelHandler(self.head, hop_s=self.hop_s)))
        )
