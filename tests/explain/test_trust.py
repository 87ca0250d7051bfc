"""Trust of explanations: a hand-worked model, scipy, and orders that are good and bad."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any, cast

import pytest
import torch
from scipy.stats import spearmanr

from mhkd.analysis import TrustThresholds, WordAttribution, WordScore
from mhkd.errors import Cancelled
from mhkd.explain.occlude import Occlusion
from mhkd.explain.orders import try_order
from mhkd.explain.trust import USUAL, judge_words
from mhkd.explain.words import check_words, explain_words
from mhkd.models.members import Members
from mhkd.text.spans import Span, sentence_spans, word_spans
from tests.tiny import LABELS, POST
from tests.unchanged import fingerprint

WEIGHTS = [5.0, 4.0, 3.0, 2.0, 1.0, 0.0, 0.0, -1.0, -2.0, -3.0]


class _Sum:
    """A model whose output is the sum of the weights of the words present."""

    unit = "word"
    spans = tuple(Span(2 * place, 2 * place + 1) for place in range(10))

    def __call__(self, present: torch.Tensor) -> torch.Tensor:
        return present @ torch.tensor(WEIGHTS)


def _sum() -> tuple[Any, TrustThresholds, Occlusion]:
    return cast(Any, _Sum()), USUAL, Occlusion("word", _words(WEIGHTS))


def _words(scores: list[float]) -> tuple[WordScore, ...]:
    return tuple(WordScore("w", 2 * n, 2 * n + 1, score) for n, score in enumerate(scores))


def _attribution(scores: list[float]) -> WordAttribution:
    return WordAttribution(
        "suicide", "by hand", "mask", _words(scores), 0.0, True, 0.0, 9.0, 0.0, 1
    )


def test_hand_worked_case() -> None:
    found = judge_words(_attribution(WEIGHTS), *_sum())
    # the first 1, 1, 1, 2 and 5 of the order: 5, 5, 5, 9 and 15 of a sum of 9
    assert found.comprehensiveness == pytest.approx((5 + 5 + 5 + 9 + 15) / 5)
    assert found.sufficiency == pytest.approx((4 + 4 + 4 + 0 - 6) / 5)
    assert found.rank_correlation == pytest.approx(1.0)
    assert found.overlap == 1.0
    assert (found.mark, found.reasons) == ("holds", ())


def test_shares_that_are_the_same_number_of_words_are_asked_once() -> None:
    rows = 0

    def counted(present: torch.Tensor) -> torch.Tensor:
        nonlocal rows
        rows += len(present)
        return present @ torch.tensor(WEIGHTS)

    found = try_order(counted, WEIGHTS)
    # 1, 1, 1, 2 and 5 of ten words: three sizes, without and with nothing but them, four orders
    assert rows == 1 + 3 * 2 * 4
    assert found.comprehensiveness == pytest.approx((5 + 5 + 5 + 9 + 15) / 5)


def test_an_upside_down_explanation_fails() -> None:
    upside_down = [-weight for weight in WEIGHTS]
    found = judge_words(_attribution(upside_down), *_sum())
    assert found.mark == "fails"
    assert set(found.reasons) == {
        "no_better_than_random",
        "strongest_do_not_suffice",
        "methods_disagree",
    }
    assert found.rank_correlation == pytest.approx(spearmanr(upside_down, WEIGHTS).statistic)


def test_a_fallback_is_never_shown_as_certain() -> None:
    found = judge_words(replace(_attribution(WEIGHTS), fallback=True), cast(Any, _Sum()))
    assert (found.mark, found.reasons) == ("caution", ("not_converged",))
    assert found.rank_correlation is None and found.second_method is None


def test_too_short_to_judge(members: Members) -> None:
    found = explain_words(members.student, "so tired", LABELS, "suicide")
    assert check_words(members.student, "so tired", LABELS, found).trust is None


@pytest.mark.parametrize("text", [POST, "So tired, and alone today. Good walk! " * 40])
def test_checking_changes_nothing_else(members: Members, text: str) -> None:
    before = fingerprint(members.student.model)
    found = explain_words(members.student, text, LABELS, "suicide")
    checked = check_words(members.student, text, LABELS, found)
    assert checked.trust is not None
    assert checked.trust.unit == ("word" if text is POST else "sentence")
    assert replace(checked, trust=None, other_baseline=None, masked=()) == found
    places = [(part.start, part.end) for part in checked.masked]
    assert places == [
        (s.start, s.end) for s in (word_spans if text is POST else sentence_spans)(text)
    ]
    assert check_words(members.student, text, LABELS, found) == checked
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        check_words(members.student, text, LABELS, found, cancel=cancel)
    assert fingerprint(members.student.model) == before
