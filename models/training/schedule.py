"""The learning rate of our trainings: a short rise, then a fall along a cosine."""

from __future__ import annotations

from typing import Any

WARM_UP_STEPS = 200


def cosine_schedule(highest: float, steps: int, *, last: float = 0.0) -> Any:
    """A Keras schedule over `steps` steps.

    Args:
        highest: the rate after the rise, which begins at a hundredth of it and takes a tenth of the steps, at most
            WARM_UP_STEPS.
        steps: of the whole training.
        last: share of the highest rate that is left at the end.
    """
    from keras import optimizers

    warm_up = min(WARM_UP_STEPS, steps // 10)
    return optimizers.schedules.CosineDecay(
        highest / 100, max(1, steps - warm_up), warmup_target=highest, warmup_steps=warm_up, alpha=last
    )
