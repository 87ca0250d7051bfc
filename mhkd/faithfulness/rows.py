"""One row of numbers for each explanation; nothing of the post but its id."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from mhkd.analysis import (
    Attribution,
    EmotionAttribution,
    SoundAttribution,
    SoundChecks,
    WordAttribution,
    WordTrust,
)
from mhkd.bundle import Bundle
from mhkd.models.members import Members
from mhkd.post import Post
from mhkd.post_run import PostRun

EXPLAINED = ("student", "text", "emotion", "audio")


@dataclass(frozen=True)
class Beside:
    """Another method's scores of the same parts, and how their order fared.

    Attributes:
        method: how the scores came about.
        converged: null for methods that need not.
        comprehensiveness, sufficiency: as of the explanation; null where it was not tried.
        rank_correlation: with the explanation, where it is not the method that its mark asks.
    """

    method: str
    converged: bool | None
    comprehensiveness: float | None
    sufficiency: float | None
    rank_correlation: float | None = None


@dataclass(frozen=True)
class Row:
    """How one explanation of one post fared. Absent numbers are null.

    Attributes:
        method: how the scores came about.
        target: the label explained, which is the student's answer.
        unit: what was taken away, ``word``, ``sentence`` or ``stretch``.
        converged: null for methods that need not.
        random_advantages: each random order less the mean of the others.
        rank_correlation, overlap: with the second method.
        chance_correlation: what shuffled scores reach in 5 % of cases.
        other_baseline: rank correlation with another baseline.
        explain_s, check_s: wall time; None where it says nothing, with others at work beside it.
        seconds: other methods beside it.
        reasons: why it did not simply hold, by the thresholds of the bundle that was measured.
    """

    model: str
    post: str
    method: str
    converged: bool | None
    relative_gap: float | None
    steps: int | None
    comprehensiveness: float | None
    sufficiency: float | None
    random_comprehensiveness: float | None
    random_sufficiency: float | None
    random_advantages: tuple[float, ...]
    rank_correlation: float | None
    overlap: float | None
    other_baseline: float | None
    chance_correlation: float | None
    mark: str | None
    explain_s: float | None = None
    check_s: float | None = None
    seconds: tuple[Beside, ...] = ()
    reasons: tuple[str, ...] = ()
    target: str | None = None
    unit: str | None = None


def measure_post(
    bundle: Bundle,
    members: Members,
    model: str,
    post_id: str,
    text: str,
    cancel: threading.Event | None = None,
) -> Row | None:
    """Explains one post toward the student's answer and puts the explanation to the test.

    Returns:
        None where there is nothing to explain: no sound, no emotion word.

    Raises:
        Cancelled: ``cancel`` was set.
    """
    run = PostRun(bundle, members, Post(text), cancel=cancel)
    run.answer_student()
    if model == "audio":
        run.speak()
    began = time.perf_counter()
    found = run.explain(model)
    explained = time.perf_counter()
    if found is None or (isinstance(found, EmotionAttribution) and not found.words):
        return None
    checked = run.check(model)
    times = (explained - began, time.perf_counter() - explained)
    return _row(model, post_id, checked or found, times)


class KeptRows:
    """Rows in a file of JSON lines, so that a broken evaluation goes on where it was.

    Args:
        file: made if it is not there.
        key: what the rows depend on; a file with another key is begun anew.
    """

    def __init__(self, file: Path, key: str) -> None:
        self._file = file
        self.rows: dict[tuple[str, str], Row | None] = {}
        lines = file.read_text("utf-8").splitlines() if file.is_file() else []
        if not lines or lines[0] != json.dumps(key):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(key) + "\n", "utf-8")
            return
        for line in lines[1:]:
            try:
                kept = json.loads(line)
            except json.JSONDecodeError:  # the line at which an earlier run was killed
                continue
            self.rows[kept["model"], kept["post"]] = _read(kept["row"])

    def keep(self, model: str, post: str, row: Row | None) -> None:
        """Appends a row; None says that there was nothing to explain."""
        self.rows[model, post] = row
        plain = {"model": model, "post": post, "row": None if row is None else asdict(row)}
        with self._file.open("a", encoding="utf-8") as stream:
            stream.write("\n" + json.dumps(plain) + "\n")

    def remove(self) -> None:
        """Removes the file, once the report stands."""
        self._file.unlink(missing_ok=True)


def _read(plain: Mapping[str, Any] | None) -> Row | None:
    if plain is None:
        return None
    seconds = tuple(Beside(**second) for second in plain["seconds"])
    listed = {name: tuple(plain[name]) for name in ("random_advantages", "reasons")}
    return Row(**{**plain, **listed, "seconds": seconds})


def _row(model: str, post: str, found: Attribution, times: tuple[float, float]) -> Row:
    sound = found if isinstance(found, SoundAttribution) else None
    gradients = None if isinstance(found, SoundAttribution) else found
    other = found.other_baseline if isinstance(found, WordAttribution) else None
    checks = None if sound is None else sound.checks
    trust = gradients.trust if gradients is not None else checks.trust if checks else None
    chance = () if trust is None else trust.random_orders
    return Row(
        model=model,
        post=post,
        method=found.method if sound is None else f"{sound.method} with {sound.fill}",
        converged=None if gradients is None else gradients.converged,
        relative_gap=None if gradients is None else gradients.relative_gap,
        steps=None if gradients is None else gradients.steps,
        comprehensiveness=None if trust is None else trust.comprehensiveness,
        sufficiency=None if trust is None else trust.sufficiency,
        random_comprehensiveness=fmean(chance) if chance else None,
        random_sufficiency=None if trust is None else trust.random_sufficiency,
        random_advantages=_leads(chance),
        rank_correlation=None if trust is None else trust.rank_correlation,
        overlap=None if trust is None else trust.overlap,
        other_baseline=None if other is None else other.rank_correlation,
        chance_correlation=None if trust is None else trust.chance_correlation,
        mark=None if trust is None else trust.mark,
        explain_s=times[0],
        check_s=times[1],
        seconds=_list_beside(trust, checks),
        reasons=() if trust is None else trust.reasons,
        target=found.target,
        unit=None if trust is None else trust.unit,
    )


def _list_beside(trust: WordTrust | None, checks: SoundChecks | None) -> tuple[Beside, ...]:
    found = []
    if trust is not None and trust.second_method is not None:
        without, alone = trust.second_comprehensiveness, trust.second_sufficiency
        found.append(Beside(trust.second_method, None, without, alone))
    if checks is not None and (got := checks.gradients) is not None:
        tried = (got.comprehensiveness, got.sufficiency, got.rank_correlation)
        found.append(Beside(got.method, got.converged, *tried))
    return tuple(found)


def _leads(chance: tuple[float, ...]) -> tuple[float, ...]:
    """Each random order's lead over the mean of the others, as an explanation's is taken."""
    if len(chance) < 2:
        return ()
    total = sum(chance)
    return tuple(value - (total - value) / (len(chance) - 1) for value in chance)
