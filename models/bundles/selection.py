"""Which embedder, head and precision a run uses, from what the user named and what is to be had."""

from __future__ import annotations

import dataclasses
import os

from common import storage
from common.errors import ModelError
from models.bundles import precision as precisions
from models.bundles import vggish_files
from models.bundles.bundle import (
    Bundle,
    EmbedderSpec,
    HeadSpec,
    TrackerSpec,
    open_bundle,
    to_portable_path,
)
from models.bundles.card import EMBEDDERS
from models.embedding_space import check_compatible
from models.networks.threads import use_one_thread_per_call

FALLBACK = "compact"


@dataclasses.dataclass(frozen=True)
class ModelChoice:
    """The models of a run.

    Attributes:
        embedder, head: which ones.
        tracker: the bundle's own, else the one that ships; None beside an embedder that stands in for another in tests.
        notes: sentences that the user should read, such as why another bundle than hoped for is used.
    """

    embedder: EmbedderSpec
    head: HeadSpec
    notes: tuple[str, ...] = ()
    tracker: TrackerSpec | None = None


def select_models(
    *,
    bundle: str | None = None,
    embedder: str | None = None,
    head: str | None = None,
    precision: str = "auto",
    distributed: bool = False,
) -> ModelChoice:
    """Decide on the models. What is named is used or refused; only where nothing is named there is a fallback.

    Args:
        bundle: a shipped bundle's name, or a folder or URL.
        embedder: "vggish", "compact", or the path or URL of VGGish weights; over the bundle's own.
        head: the folder or URL of a bundle whose head is used.
        precision: "float32", "bfloat16", or "auto".
        distributed: whether workers of unknown processors will run it; "auto" is float32 then.

    Raises:
        ModelError: one sentence that says what does not fit, or is not to be had, and what to do.
    """
    use_one_thread_per_call()
    notes: list[str] = []
    name, weights = _named_embedder(embedder)
    if bundle is None and head is None and name is None:
        chosen, note = _default_bundle()
        notes += [note] if note else []
    else:
        chosen = open_bundle(bundle or name or head or FALLBACK)
    chosen_head = open_bundle(head).head() if head else chosen.head()
    name = name or chosen.card.embedder
    spec, note = _embedder_spec(name, weights, chosen, precision, distributed=distributed)
    embedder_too = f", --embedder {chosen_head.space.name}" if chosen_head.space.name != spec.space.name else ""
    remedy = f"use the bundle it came with (--bundle){embedder_too}, or another head"
    check_compatible(chosen_head.name, chosen_head.space, spec.space, place="this run", remedy=remedy)
    tracker = chosen.tracker() or (None if name == "placeholder" else open_bundle(FALLBACK).tracker())
    return ModelChoice(spec, chosen_head, (*notes, *([note] if note else [])), tracker)


def _named_embedder(embedder: str | None) -> tuple[str | None, str | None]:
    """The embedder's name, and the path of its weights where that is what was named."""
    if embedder is None or embedder in EMBEDDERS:
        return embedder, None
    if not storage.is_remote(embedder) and not os.path.exists(embedder) and not os.path.exists(embedder + ".index"):
        raise ModelError(
            f"{embedder} is neither an embedder ({', '.join(EMBEDDERS[:2])}) nor a file of VGGish weights; "
            "check the path given with --embedder"
        )
    return "vggish", embedder


def _default_bundle() -> tuple[Bundle, str | None]:
    """The vggish bundle where it can be used; else the one that ships, and a sentence that says so."""
    try:
        vggish_files.find_or_fetch()
    except vggish_files.WeightsUnavailable as error:
        return open_bundle(FALLBACK), f"using the compact bundle, which ships with the project: {error}"
    return open_bundle("vggish"), None


def _embedder_spec(
    name: str, weights: str | None, bundle: Bundle, precision: str, *, distributed: bool
) -> tuple[EmbedderSpec, str | None]:
    if name == "vggish":
        return _vggish_spec(weights, precision, distributed=distributed)
    if precision == "bfloat16":
        raise ModelError(f"--precision bfloat16 is for vggish; the {name} embedder runs in float32 only")
    if name == "placeholder":
        return EmbedderSpec(name, "", "", "float32", "placeholder", "placeholder"), None
    own = bundle.card.embedder == name and bundle.card.embedder_weights
    path, checksum = (bundle if own else open_bundle(name)).embedder_weights()
    return EmbedderSpec(name, to_portable_path(path), "", "float32", checksum, checksum), None


def _vggish_spec(weights: str | None, precision: str, *, distributed: bool) -> tuple[EmbedderSpec, str | None]:
    try:
        files = vggish_files.find_or_fetch(weights)
    except (vggish_files.WeightsUnavailable, FileNotFoundError, ValueError) as error:
        raise ModelError(str(error)) from error
    resolved, note = precision, None
    if precision == "auto":
        resolved, note = precisions.resolve(files, distributed=distributed)
    fingerprint = files.fingerprint(resolved)
    return EmbedderSpec("vggish", files.weights, files.pca, resolved, fingerprint, files.weights_id), note


def summary_line(bundle: str | os.PathLike[str]) -> str:
    """One line about a bundle for `laughter models list`."""
    opened = open_bundle(bundle)
    card, head = opened.card, "with a head" if opened.card.head else "without a head"
    return f"{card.name} {card.version}: embedder {card.embedder}, {head} ({opened.folder})"
