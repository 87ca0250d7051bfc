"""Contributions in rows and sentences."""

from __future__ import annotations

from app.contribution_wording import (
    say_baselines,
    tabulate_pairs,
    tabulate_steps,
    tabulate_together,
)
from mhkd.analysis import (
    NeutralContributions,
    TeacherContributions,
    TeacherInteractions,
    TeacherPair,
)

TOGETHER = TeacherInteractions(
    empty=0.0,
    full=0.9,
    shapley={"text": 0.6, "audio": None, "emotion": 0.3},
    alone={"text": 0.5, "audio": None, "emotion": 0.2},
    last={"text": 0.7, "audio": None, "emotion": 0.4},
    residual=0.0,
    pairs=(TeacherPair("text", "emotion", 0.2),),
)


def _contributions(neutral: dict[str, float | None] | None) -> TeacherContributions:
    return TeacherContributions(
        target="suicide",
        empty=0.5,
        full=0.62,
        shapley={"text": 0.1, "audio": None, "emotion": 0.02},
        residual=1e-17,
        rule="",
        neutral=None
        if neutral is None
        else NeutralContributions({"text": 0.4, "emotion": 0.6}, 0.48, neutral, 0.0),
        interactions=TOGETHER,
    )


def test_steps_stand_beside_those_against_neutral_inputs() -> None:
    rows = tabulate_steps(_contributions({"text": 0.2, "audio": None, "emotion": -0.06}))
    assert rows[0] == ("No teacher", "0.5000", "0.4800")
    assert rows[1] == ("Text teacher", "+10.0 points", "+20.0 points")
    assert rows[2] == ("Audio teacher", "absent", "–")
    assert rows[-1] == ("Residual", "1.0e-17", "0.0e+00")
    assert {row[2] for row in tabulate_steps(_contributions(None))} == {"–"}


def test_a_sign_that_hangs_on_the_stand_in_is_told() -> None:
    turned = say_baselines(_contributions({"text": 0.2, "audio": None, "emotion": -0.06}))
    assert turned is not None and "the emotion teacher changes sign" in turned
    kept = say_baselines(_contributions({"text": 0.2, "audio": None, "emotion": 0.01}))
    assert kept is not None and "keeps its sign" in kept
    faint = say_baselines(_contributions({"text": 0.2, "audio": None, "emotion": -0.001}))
    assert faint == kept
    assert say_baselines(_contributions(None)) is None


def test_together() -> None:
    assert tabulate_together(TOGETHER)[0] == ("Text teacher", "+0.500", "+0.600", "+0.700")
    assert len(tabulate_together(TOGETHER)) == 2
    assert tabulate_pairs(TOGETHER) == [("Text teacher and emotion teacher", "+0.200")]
