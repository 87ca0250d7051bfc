"""What a student learns from: posts, and copies of them without some of their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mhkd.training.fit import Targets
from mhkd.training.masking import Masking
from mhkd.training.recipe import StudentCandidate, StudentRecipe
from mhkd.training.stages import RunFolder
from mhkd.training.texts import KeptStates, keep_states


@dataclass(frozen=True, eq=False)
class Lessons:
    """The posts first, then each copy of them all.

    Attributes:
        states: of the frozen layers.
        targets: of the same; a copy has those of its post.
        posts: how many there are without the copies.
    """

    states: KeptStates
    targets: Targets
    posts: int

    def choose(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Rows of some posts and of all their copies."""
        return np.concatenate([rows + at for at in range(0, len(self.states.masks), self.posts)])


def plan_lessons(
    recipe: StudentRecipe,
    candidate: StudentCandidate,
    texts: Sequence[str],
    targets: Targets,
    run: RunFolder,
) -> Lessons:
    """The posts and as many copies as the recipe has.

    Args:
        candidate: whose frozen layers read them.
        targets: of the posts.
        run: where their states are kept.
    """
    copies = [None, *(Masking(at + 1, recipe.masked_share) for at in range(recipe.masked_copies))]
    kept = [
        keep_states(candidate.backbone, candidate.frozen_layers, texts, run, copy)
        for copy in copies
    ]
    soft = None if targets.soft is None else targets.soft.repeat(len(copies), 1)
    return Lessons(
        KeptStates([s for each in kept for s in each.states], [m for e in kept for m in e.masks]),
        Targets(targets.labels.repeat(len(copies)), soft),
        len(texts),
    )
