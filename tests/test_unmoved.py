"""No explanation leaves a trace in a model, whole, broken off or failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mhkd.analyser import Analyser, ExplainedModel
from mhkd.analysis import Analysis
from mhkd.errors import Cancelled
from mhkd.post import Post
from tests.analysed import TEXT
from tests.cancelling import CancelAfter
from tests.tiny import LABELS, tone

_POST = Post(TEXT, tone(4.0))


def _go(analyser: Analyser, model: ExplainedModel, **options: Any) -> None:
    found = analyser.explain(_POST, model, LABELS[0], **options)
    assert found is not None
    analyser.measure_fidelity(_POST, model, found)


def _explain(analyser: Analyser, model: ExplainedModel, _: pytest.MonkeyPatch) -> None:
    _go(analyser, model)


def _break_off(analyser: Analyser, model: ExplainedModel, _: pytest.MonkeyPatch) -> None:
    broken = 0
    for looks in (2, 3, 5, 8):
        try:
            _go(analyser, model, cancel=CancelAfter(looks))
        except Cancelled:
            broken += 1
    assert broken or model == "emotion"  # over before it can be stopped


def _fail(analyser: Analyser, model: ExplainedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine runs out of memory in the third and in the ninth pass."""
    classifier = type(getattr(analyser._members, model).model)
    name = "forward_embeddings" if model == "emotion" else "classify"
    whole = getattr(classifier, name)
    for last in (3, 9):
        passes = 0

        def act(*given: Any, last: int = last) -> Any:
            nonlocal passes
            passes += 1
            if passes == last:
                raise RuntimeError("out of memory")
            return whole(*given)

        with monkeypatch.context() as patched, pytest.raises(RuntimeError, match="out of memory"):
            patched.setattr(classifier, name, act)
            _go(analyser, model)


@pytest.mark.parametrize("model", ["student", "text", "emotion", "audio"])
@pytest.mark.parametrize("end", [_explain, _break_off, _fail])
def test_answers_are_bit_identical_afterwards(
    analyser: Analyser,
    model: ExplainedModel,
    end: Callable[[Analyser, ExplainedModel, pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = _answers(analyser)
    end(analyser, model, monkeypatch)
    after = _answers(analyser)
    assert after.predictions == before.predictions
    assert after.teacher_contributions == before.teacher_contributions
    assert after.student_contributions == before.student_contributions
    assert analyser.waiting == 0


def _answers(analyser: Analyser) -> Analysis:
    return analyser.analyse(_POST, explain="none")
