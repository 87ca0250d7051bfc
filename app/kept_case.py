"""What is known of the bundle beside a case that it once answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app import models
from app.wording import say_calibration
from mhkd.cases.records import Case
from mhkd.shelf import ShelvedBundle, list_shelf, read_shelved


@dataclass(frozen=True)
class KnownBundle:
    """A bundle that is there now; empty where none is.

    Attributes:
        sha256: of its manifest, by which a case of the same models is known.
        sources: label → where such posts come from.
        metrics: model → its metrics on the test split.
        calibration: how far the student's probability can be taken at its word.
        name: by which a case of another version is known.
    """

    sha256: str | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    calibration: str | None = None
    name: str | None = None


def find_bundles() -> tuple[KnownBundle, ...]:
    """The open bundle, where it is open already, and those of the shelf, which stay closed."""
    shelved = [_read(bundle) for bundle in list_shelf()]
    return tuple(bundle for bundle in (_find_open(), *shelved) if bundle is not None)


def pick_bundle(case: Case, bundles: Sequence[KnownBundle]) -> KnownBundle:
    """The bundle that a case was given to, else one of its name; else one that knows nothing.

    The same label can come from elsewhere in another bundle.
    """
    same = [bundle for bundle in bundles if bundle.sha256 == case.bundle_sha256]
    named = [bundle for bundle in bundles if bundle.name == case.bundle_name]
    return next(iter((*same, *named)), KnownBundle())


def _find_open() -> KnownBundle | None:
    opening = models.open_analyser()
    if not opening.done() or opening.exception() is not None:
        return None
    analyser = opening.result()
    manifest = analyser.manifest
    return _know(
        analyser.sha256, manifest.name, manifest.label_sources, manifest.metrics, manifest.data
    )


def _read(bundle: ShelvedBundle) -> KnownBundle | None:
    try:
        sha256, told = read_shelved(bundle)
        return _know(sha256, told["name"], told["label_sources"], told["metrics"], told["data"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # opening it will say why


def _know(
    sha256: str,
    name: str,
    sources: Mapping[str, str],
    metrics: Mapping[str, Any],
    data: Mapping[str, Any],
) -> KnownBundle:
    calibration = say_calibration(metrics.get("student", {}), data)
    return KnownBundle(sha256, dict(sources), metrics, calibration, name)
