"""The numbers of each figure as rows, for the page's tables and for CSV. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from mhkd.batch.curves import Bin, Curve, Ints, RiskCoverage
from mhkd.batch.slices import Slice

Cell = str | int | float | None


@dataclass(frozen=True)
class Numbers:
    """A header and its rows."""

    header: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]

    def to_csv(self) -> bytes:
        """In UTF-8; what is absent is empty."""
        sink = io.StringIO(newline="")
        writer = csv.writer(sink)
        writer.writerow(self.header)
        writer.writerows(self.rows)
        return sink.getvalue().encode("utf-8", "replace")


def list_confusion(counts: Ints, labels: Sequence[str]) -> Numbers:
    """Label → answers."""
    rows = [(label, *map(int, row)) for label, row in zip(labels, counts, strict=True)]
    return Numbers(("given label", *(f"answered {label}" for label in labels)), rows)


def list_curve(curve: Curve, x: str, y: str) -> Numbers:
    """Points of a curve with their thresholds."""
    points = zip(curve.thresholds.tolist(), curve.x.tolist(), curve.y.tolist(), strict=True)
    return Numbers(("threshold", x, y), list(points))


def list_bins(bins: Sequence[Bin]) -> Numbers:
    """Reliability, bin by bin."""
    rows = [
        (part.n, part.confidence, part.accuracy.value, part.accuracy.low, part.accuracy.high)
        for part in bins
    ]
    return Numbers(("n", "mean confidence", "accuracy", "accuracy low", "accuracy high"), rows)


def list_risk(curve: RiskCoverage) -> Numbers:
    """Risk and coverage with the confidence they are reached at."""
    points = zip(
        curve.thresholds.tolist(), curve.coverage.tolist(), curve.risk.tolist(), strict=True
    )
    return Numbers(("least confidence", "coverage", "risk"), list(points))


def list_slices(slices: Sequence[Slice]) -> Numbers:
    """One row for each slice."""
    rows = [
        (
            part.name,
            part.n,
            *(part.accuracy.value, part.accuracy.low, part.accuracy.high),
            *(part.f1_macro.value, part.f1_macro.low, part.f1_macro.high),
        )
        for part in slices
    ]
    header = ("slice", "n", "accuracy", "accuracy low", "accuracy high")
    return Numbers((*header, "macro-F1", "macro-F1 low", "macro-F1 high"), rows)
