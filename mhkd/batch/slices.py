"""How a model does on parts of a batch: by length, or by any column of the file. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mhkd.batch.curves import Estimate, count_confusion, estimate

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_WORD_EDGES: Final = (50, 150, 400)
_MAX_VALUES: Final = 10
_QUARTERS: Final = 4
_DRAWS: Final = 2_000


@dataclass(frozen=True)
class Slice:
    """Posts that share a value, and how the model does on them.

    Attributes:
        f1_macro: over the labels that occur among the posts or the answers; its
            interval is a bootstrap over posts.
    """

    name: str
    n: int
    accuracy: Estimate
    f1_macro: Estimate


def name_lengths(texts: Sequence[str]) -> list[str]:
    """Each text's band of length in words."""
    edges = (0, *_WORD_EDGES)
    names = [
        *(f"{low}–{high - 1} words" for low, high in zip(edges[:-1], edges[1:], strict=True)),
        f"{edges[-1]} words or more",
    ]
    counts = [len(text.split()) for text in texts]
    return [names[int(np.searchsorted(_WORD_EDGES, count, side="right"))] for count in counts]


def name_outside(outside: npt.NDArray[np.bool_], rows: Sequence[int]) -> list[str]:
    """Each row's slice by whether the student knows such posts; ``rows`` are places, from 0."""
    return [f"{'outside' if outside[row] else 'within'} what the model knows" for row in rows]


def name_read(truncated: npt.NDArray[np.bool_], rows: Sequence[int]) -> list[str]:
    """Each row's slice by whether its whole text was read; ``rows`` are places, from 0."""
    return ["cut short" if truncated[row] else "read to the end" for row in rows]


def name_values(values: Sequence[str]) -> list[str]:
    """Each row's value; many numbers become quarters, rare values “other”."""
    stripped = [value.strip() or "(empty)" for value in values]
    counts: dict[str, int] = {}
    for value in stripped:
        counts[value] = counts.get(value, 0) + 1
    if len(counts) <= _MAX_VALUES:
        return stripped
    numbers = _as_numbers(values)
    if numbers is not None:
        return _name_quarters(numbers)
    kept = set(sorted(counts, key=lambda value: (-counts[value], value))[: _MAX_VALUES - 1])
    return [value if value in kept else "(other)" for value in stripped]


def measure_slices(names: Sequence[str], probabilities: Floats, truth: Ints) -> list[Slice]:
    """Each slice with its n and 95 % intervals, larger ones first.

    Args:
        names: of the slice of each post, length posts.
        probabilities: shape (posts, classes).
        truth: shape (posts,).
    """
    classes, guess = probabilities.shape[1], probabilities.argmax(1).astype(np.int64)
    given = np.array(names, dtype=object)
    found = []
    for name in dict.fromkeys(names):
        part = given == name
        counts = count_confusion(guess[part], truth[part], classes)
        n = int(part.sum())
        found.append(Slice(name, n, estimate(int(np.trace(counts)), n), _estimate_f1(counts)))
    return sorted(found, key=lambda slice_: (-slice_.n, slice_.name))


def _estimate_f1(counts: Ints) -> Estimate:
    """Macro-F1 depends on the confusion matrix alone: posts are redrawn cell by cell."""
    n, classes = int(counts.sum()), len(counts)
    generator = np.random.default_rng(0)
    drawn = generator.multinomial(n, (counts / n).ravel(), size=_DRAWS)
    values = _f1_macro(drawn.reshape(-1, classes, classes))
    low, high = np.percentile(values, (2.5, 97.5))
    return Estimate(float(_f1_macro(counts[None])[0]), float(low), float(high), n)


def _f1_macro(counts: Ints) -> Floats:
    """Shape (matrices, classes, classes) → (matrices,)."""
    right = np.diagonal(counts, axis1=1, axis2=2)
    either = counts.sum(1) + counts.sum(2)
    f1 = 2 * right / np.maximum(either, 1)
    found: Floats = f1.sum(1) / np.maximum((either > 0).sum(1), 1)
    return found


def _as_numbers(values: Sequence[str]) -> Floats | None:
    try:
        numbers = np.array([float(value) if value.strip() else np.nan for value in values])
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).sum() > _QUARTERS else None


def _name_quarters(numbers: Floats) -> list[str]:
    known = np.isfinite(numbers)
    edges = np.unique(np.quantile(numbers[known], (0, 0.25, 0.5, 0.75, 1)))
    if len(edges) < 2:
        return [f"{edges[0]:g}" if k else "(empty)" for k in known]
    places = np.clip(np.searchsorted(edges, numbers, side="left") - 1, 0, len(edges) - 2)
    return [
        f"{edges[place]:g} to {edges[place + 1]:g}" if k else "(empty)"
        for place, k in zip(places, known, strict=True)
    ]
