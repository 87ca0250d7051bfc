"""One row of numbers for each explanation; nothing of the post but its id."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

from mhkd.analysis import Attribution, EmotionAttribution, SoundAttribution, WordAttribution
from mhkd.bundle import Bundle
from mhkd.explain.orders import OrderTest
from mhkd.models.members import Members
from mhkd.post import Post
from mhkd.post_run import PostRun

EXPLAINED = ("student", "text", "emotion", "audio")


@dataclass(frozen=True)
class Row:
    """How one explanation of one post fared. Absent numbers are null.

    Attributes:
        method: how the scores came about.
        converged: null for methods that need not.
        advantage: comprehensiveness less the mean of the random orders.
        random_advantages: each random order less the mean of the others.
        rank_correlation, overlap: with the second method.
        other_baseline: rank correlation with another baseline.
        explain_s, check_s: wall time; None where it says nothing, with others at work beside it.
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
    mark: str | None
    explain_s: float | None = None
    check_s: float | None = None


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
    sound = isinstance(found, SoundAttribution)
    checked = found if sound else run.check(model)
    test = run.try_sound_order() if sound else None
    times = (explained - began, time.perf_counter() - explained)
    return _row(model, post_id, checked or found, test, times)


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


def _read(plain: Mapping[str, object] | None) -> Row | None:
    if plain is None:
        return None
    advantages = tuple(plain["random_advantages"])  # type: ignore[arg-type, var-annotated]
    return Row(**{**plain, "random_advantages": advantages})  # type: ignore[arg-type]


def _row(
    model: str,
    post: str,
    found: Attribution,
    test: OrderTest | None,
    times: tuple[float, float],
) -> Row:
    words = found if isinstance(found, WordAttribution) else None
    gradients = found if not isinstance(found, SoundAttribution) else None
    trust = None if gradients is None else gradients.trust
    chance: tuple[float, ...] = ()
    if trust is not None:
        chance = trust.random_orders
    elif test is not None:
        chance = test.random_comprehensiveness
    judged = trust if trust is not None else test
    sufficient: float | None = None
    if trust is not None:
        sufficient = trust.random_sufficiency
    elif test is not None:
        sufficient = fmean(test.random_sufficiency)
    other = None if words is None else words.other_baseline
    return Row(
        model=model,
        post=post,
        method=found.method,
        converged=None if gradients is None else gradients.converged,
        relative_gap=None if gradients is None else gradients.relative_gap,
        steps=None if gradients is None else gradients.steps,
        comprehensiveness=None if judged is None else judged.comprehensiveness,
        sufficiency=None if judged is None else judged.sufficiency,
        random_comprehensiveness=fmean(chance) if chance else None,
        random_sufficiency=sufficient,
        random_advantages=_leads(chance),
        rank_correlation=None if trust is None else trust.rank_correlation,
        overlap=None if trust is None else trust.overlap,
        other_baseline=None if other is None else other.rank_correlation,
        mark=None if trust is None else trust.mark,
        explain_s=times[0],
        check_s=times[1],
    )


def _leads(chance: tuple[float, ...]) -> tuple[float, ...]:
    """Each random order's lead over the mean of the others, as an explanation's is taken."""
    if len(chance) < 2:
        return ()
    total = sum(chance)
    return tuple(value - (total - value) / (len(chance) - 1) for value in chance)
