"""How answers change over written pairs, as the page says and draws it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from app import model_behaviour as facts
from mhkd.behaviour.cases import Pair
from mhkd.behaviour.measure import measure_pairs

PAIRS = [Pair(f"I am calm {n}.", f"I am not calm {n}.") for n in range(4)]
LABELS = ("depression", "suicide")


def build_report() -> dict[str, Any]:
    """As ``mhkd behaviour`` writes it, by its own code; the answers are invented."""
    before = np.array([[0.4, 0.6]] * 4)
    after = np.array([[0.6, 0.4], [0.3, 0.7], [0.4, 0.6], [0.4, 0.6]])
    kinds = {
        "names": {"title": "Other name", "expects": "same", "label": None, "asked": True},
        "wish": {"title": "Wish negated", "expects": "not more", "label": "suicide", "asked": True},
        "mood": {"title": "Low mood quoted", "expects": "not more", "label": None, "asked": False},
    }
    notes = {"wish": "A note."}
    return {
        "margin": 0.05,
        "kinds": {name: {**kind, "note": notes.get(name)} for name, kind in kinds.items()},
        "models": {
            model: {
                "names": asdict(measure_pairs(PAIRS, before, after, LABELS)),
                "wish": asdict(measure_pairs(PAIRS, before, after, LABELS, "suicide")),
            }
            for model in ("student", "emotion")
        },
    }


def test_rows_and_sentences() -> None:
    report = build_report()
    assert facts.list_same(report)[0] == (
        "Other name", "Student", "4", "25.0 % (4.6–69.9)", "7.5 points", "20.0 points",
    )  # fmt: skip
    assert facts.list_not_more(report)[1][:4] == (
        "Wish negated", "Emotion teacher", "4", "60.0 % → 57.5 %",
    )  # fmt: skip
    assert "“other name”, 1 of 4" in facts.say_same(report)
    told = facts.say_not_more(report, {"suicide": "r/SuicideWatch"})
    assert "make r/SuicideWatch more probable" in told
    assert "Student: wish negated." in told
    report["models"]["student"]["wish"]["direction"]["mean_after"] = 0.5
    assert "Student: none of them." in facts.say_not_more(report, {})
    remarks = " ".join(facts.list_remarks(report))
    assert "Wish negated: A note." in remarks
    assert "Not asked, as no label here is about it: low mood quoted." in remarks
    assert "other name (2 of 4) and wish negated (2 of 4)" in remarks


def test_what_the_student_takes_no_notice_of_is_a_limit() -> None:
    report = build_report()
    [(name, flips), (title, told)] = facts.list_limits(report)
    assert name == "Other name" and "turned the student’s answer in 25.0 %" in flips
    assert title == "Wish negated"
    assert told.endswith(
        "4 written pairs its mean probability of suicide went from 60.0 to 57.5 %."
    )
    report["models"]["student"]["wish"]["direction"]["mean_after"] = 0.5
    report["models"]["student"]["names"]["flips"]["interval"] = [0.0, 0.4]
    assert facts.list_limits(report) == facts.list_limits(None) == []


@pytest.mark.parametrize(("expects", "column"), [("same", "flips"), ("not more", "rises")])
def test_the_figure_shows_its_numbers(expects: str, column: str) -> None:
    report = build_report()
    numbers = facts.list_rates(report, expects)
    assert numbers.header[2] == column
    drawn = facts.draw_rates(report, expects).data
    assert [list(trace.x) for trace in drawn] == [[row[2]] for row in numbers.rows]
    assert drawn[0].y[0] < drawn[1].y[0], "models stand apart"


def test_a_pair_says_what_it_did() -> None:
    pair = build_report()["models"]["student"]["wish"]["worst"][0]
    assert facts.say_pair(pair, {"suicide": "r/SuicideWatch"}) == "P(r/SuicideWatch) 0.600 → 0.700."
    assert facts.say_pair({**pair, "flipped": True}, {}).endswith("most probable one.")
