"""`laughter train`: shards in, a head out."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Callable, Sequence
from typing import Any

from common.errors import UsageError
from common.text import display_text
from models.training.fit import Epoch
from models.training.recipes import RECIPES, Recipe
from pipeline.console import hours_and_minutes, say
from pipeline.paths import absolute_path

MAX_SEED = 20_000
"""A hundred thousand times as much still is an int32."""


def recipe_of(arguments: argparse.Namespace) -> Recipe:
    """The recipe named, with what was given in place of its own values."""
    recipe = RECIPES[arguments.recipe]
    for name in ("epochs", "members", "units", "patience"):
        value = getattr(arguments, name)
        if value is not None and value < 1:
            raise UsageError(f"--{name} must be at least 1, not {value}")
    if not 0 <= arguments.seed <= MAX_SEED:
        raise UsageError(f"--seed must be from 0 to {MAX_SEED}, not {arguments.seed}")
    given = {name: getattr(arguments, name) for name in ("epochs", "members") if getattr(arguments, name)}
    shape = dataclasses.replace(recipe.shape, units=arguments.units or recipe.shape.units)
    return dataclasses.replace(recipe, shape=shape, **given)


def main(arguments: argparse.Namespace, _: Sequence[str] = ()) -> int:
    """Train and say what came of it; returns the exit status."""
    from models.networks.threads import use_one_thread_per_call

    use_one_thread_per_call()
    import tensorflow as tf

    from models.load_shards import local_shards, read_manifest, shard_files
    from models.training.train import train_head

    tf.config.experimental.enable_op_determinism()
    recipe, shards = recipe_of(arguments), absolute_path(arguments.shards)
    if (arguments.output / "card.json").exists():
        raise UsageError(f"{arguments.output} holds a head already; name another folder with --output")
    for side in ("train", "held_out"):
        shard_files(shards, side)
    sides = read_manifest(shards)["sides"]
    clips = {side: f"{sides[side]['clips']} ({_laughs(sides[side])} with laughter)" for side in ("train", "held_out")}
    if not arguments.quiet or arguments.dry_run:
        networks = f"{recipe.members} networks, up to {recipe.epochs} epochs"
        say(f"recipe {arguments.recipe}: {networks} of {clips['train']} clips")
        say(f"choosing on {clips['held_out']} held-out clips")
    if arguments.dry_run:
        print("nothing was done (--dry-run)")
        return 0
    name = arguments.name or arguments.output.absolute().name
    with local_shards(shards, "train", "held_out") as local:
        card = train_head(
            local,
            arguments.output,
            recipe,
            name=name,
            recipe_name=arguments.recipe,
            seed=arguments.seed,
            patience=arguments.patience,
            report=_reporter(arguments, recipe),
        )
    document = json.loads(card.read_text(encoding="utf-8"))
    print(json.dumps({key: document[key] for key in ("thresholds", "clip_threshold", "measured")}, indent=1))
    place = display_text(arguments.output)
    print(f"the head is in {place}: use it with laughter detect --head, measure it with laughter evaluate")
    return 0


def _laughs(side: dict) -> int:
    return int(side["clips"] - side["classes"].get("none", 0))


def _reporter(arguments: argparse.Namespace, recipe: Recipe) -> Callable[[Epoch], None]:
    """Says how each epoch went, and writes it for TensorBoard."""
    import tensorflow as tf

    writers: dict[int, Any] = {}

    def report(epoch: Epoch) -> None:
        writer = writers.get(epoch.member)
        if writer is None:
            writer = writers[epoch.member] = tf.summary.create_file_writer(
                str(arguments.output / "logs" / f"network{epoch.member + 1}")
            )
        with writer.as_default(step=epoch.number):
            tf.summary.scalar("loss", epoch.loss)
            tf.summary.scalar("held_out_ap", epoch.held_out_ap)
        writer.flush()
        if not arguments.quiet:
            left = (recipe.epochs - epoch.number + (recipe.members - epoch.member - 1) * recipe.epochs) * epoch.seconds
            say(
                f"network {epoch.member + 1} of {recipe.members}, epoch {epoch.number} of {recipe.epochs}: "
                f"loss {epoch.loss:.2f}, held-out AP {epoch.held_out_ap:.3f}, {hours_and_minutes(epoch.seconds)}; "
                f"at most {hours_and_minutes(left)} left"
            )

    return report
