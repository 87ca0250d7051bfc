"""Checks of sound in rows and sentences."""

from __future__ import annotations

from dataclasses import replace

from app.sound_wording import (
    list_spoken,
    say_fills,
    say_gradients,
    say_manner,
    tabulate_bands,
    tabulate_changes,
    tabulate_fills,
)
from mhkd.analysis import (
    BandScore,
    SegmentScore,
    SoundAttribution,
    SoundChange,
    SoundChecks,
    SoundGradients,
)

CHECKS = SoundChecks(
    noise=(SegmentScore(0.0, 0.5, 0.2),),
    rank_correlation=0.7,
    bands=(BandScore("pitch of the voice", 0, 300, 0.1), BandScore("breath", 3500, 8000, -0.2)),
    probability=0.6,
    changes=(SoundChange("tempo × 1.15", 0.5, 0.72), SoundChange("loudness +6 dB", 0.0, 0.6)),
)


def test_what_moves_most_is_named() -> None:
    told = say_manner(CHECKS)
    assert "tempo × 1.15" in told and "from 0.60 to 0.72" in told
    still = replace(CHECKS, changes=(SoundChange("tempo × 1.15", 0.01, 0.61),))
    assert "hardly matter" in say_manner(still)


def test_fills() -> None:
    assert "much the same (rank correlation 0.70)" in say_fills(CHECKS)
    assert "with care" in say_fills(replace(CHECKS, rank_correlation=0.1))
    assert "counts the same" in say_fills(replace(CHECKS, rank_correlation=None))


def test_gradients_are_told_beside_occlusion() -> None:
    assert say_gradients(CHECKS) is None
    parts = (SegmentScore(0.0, 0.5, 0.11),)
    found = SoundGradients("", "", parts, 0.04, 0.61, 0.021, True, 17)
    checks = replace(CHECKS, gradients=found)
    assert say_gradients(checks) == (
        "Integrated gradients on the log-mel picture (relative gap 2.1 % after 17 steps) order the "
        "stretches with a rank correlation of 0.61 to silencing them; 4 % of their weight lies on "
        "the padding."
    )
    assert "did not converge" in str(
        say_gradients(replace(CHECKS, gradients=replace(found, converged=False)))
    )
    whole = SoundAttribution(
        "suicide", "", "silence", (SegmentScore(0.0, 0.5, 0.3),), 0.5, 0.0, 1.0, checks
    )
    assert tabulate_fills(whole) == [("0.0–0.5 s", "+0.300", "+0.200", "+0.110")]


def test_spoken_words_carry_the_scores_of_their_stretches() -> None:
    parts = (SegmentScore(0, 1, 0.2, "so tired"), SegmentScore(1, 2, -0.1, "now."))
    text, words = list_spoken(SoundAttribution("suicide", "", "silence", parts, 1.0, 0.0, 1.0))
    assert text == "so tired now."
    assert [(text[w.start : w.end], w.score) for w in words] == [("so tired", 0.2), ("now.", -0.1)]
    bare = SoundAttribution("suicide", "", "silence", (SegmentScore(0, 1, 0.2),), 1.0, 0.0, 1.0)
    assert list_spoken(bare) == ("", ())


def test_tables() -> None:
    assert tabulate_changes(CHECKS)[1] == ("tempo × 1.15", "0.72", "+0.500")
    assert tabulate_bands(CHECKS)[1] == ("Breath", "above 3,500 Hz", "−0.200")
    found = SoundAttribution(
        "suicide", "", "silence", (SegmentScore(0.0, 0.5, 0.3),), 0.5, 0.0, 1.0, CHECKS
    )
    assert tabulate_fills(found) == [("0.0–0.5 s", "+0.300", "+0.200")]
