"""What the open bundle knows beside a kept case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app import models
from app.wording import say_calibration


@dataclass(frozen=True)
class OpenBundle:
    """The bundle that is open now; empty while none is.

    Attributes:
        sha256: of its manifest, by which a case of the same models is known.
        sources: label → where such posts come from.
        metrics: model → its metrics on the test split.
        calibration: how far the student's probability can be taken at its word.
    """

    sha256: str | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    calibration: str | None = None


def find_open_bundle() -> OpenBundle:
    """What is known without waiting for the models."""
    opening = models.open_analyser()
    if not opening.done() or opening.exception() is not None:
        return OpenBundle()
    analyser = opening.result()
    manifest = analyser.manifest
    return OpenBundle(
        analyser.sha256,
        dict(manifest.label_sources),
        manifest.metrics,
        say_calibration(manifest.metrics.get("student", {}), manifest.data),
    )
