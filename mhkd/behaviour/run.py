"""The written pairs put to the models of a bundle, into one report."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from mhkd.analyser import Analyser, OnProgress
from mhkd.behaviour.cases import Cases, Kind, Pair, gather_texts, read_cases, read_source
from mhkd.behaviour.measure import MARGIN, measure_pairs
from mhkd.errors import InputError

ASKED = ("student", "text", "emotion")


def ask_cases(
    analyser: Analyser,
    models: Sequence[str] = ASKED,
    *,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> dict[str, Any]:
    """Puts every pair to every model; the same at every call.

    Args:
        analyser: the bundle.
        models: among student, text, emotion.
        on_progress: told the model at work and the share of its posts that is done.
        cancel: looked at before each batch.

    Returns:
        The report: ``kinds`` with their expectations, label (null where the bundle has none:
        such kinds are not asked) and number of pairs; ``models`` → kind → ``Measured``.

    Raises:
        InputError: no such model.
        Cancelled: ``cancel`` was set.
    """
    unknown = [model for model in models if model not in ASKED]
    if unknown or not models:
        found = f"found '{unknown[0]}'" if unknown else "none was named"
        raise InputError(f"Models are among {', '.join(ASKED)}; {found}.")
    cases, manifest = read_cases(), analyser.manifest
    labels = {name: cases.find_label(kind, manifest) for name, kind in cases.kinds.items()}
    pairs = {
        name: cases.list_pairs(kind)
        for name, kind in cases.kinds.items()
        if kind.about is None or labels[name] is not None
    }
    texts = gather_texts([pair for found in pairs.values() for pair in found])
    answers = analyser.predict_texts(texts, models, on_progress, cancel)
    places = {text: place for place, text in enumerate(texts)}
    measured: dict[str, Any] = {}
    for model in models:
        measured[model] = {}
        for name, asked in pairs.items():
            before = answers[model][[places[pair.plain] for pair in asked]]
            after = answers[model][[places[pair.changed] for pair in asked]]
            result = measure_pairs(asked, before, after, analyser.labels, labels[name])
            measured[model][name] = asdict(result)
    return {
        "format": 1,
        "bundle": f"{manifest.name} {manifest.version}",
        "cases": {"sha256": hashlib.sha256(read_source().encode()).hexdigest()},
        "margin": MARGIN,
        "kinds": {
            name: _describe(cases, kind, labels[name], pairs.get(name, []))
            for name, kind in cases.kinds.items()
        },
        "models": measured,
    }


def _describe(cases: Cases, kind: Kind, label: str | None, pairs: Sequence[Pair]) -> dict[str, Any]:
    return {
        "title": kind.title,
        "expects": kind.expects,
        "about": kind.about,
        "label": label,
        "asked": bool(pairs),
        "posts": len(cases.posts[kind.posts]),
        "pairs": len(pairs),
        "note": kind.note,
    }
