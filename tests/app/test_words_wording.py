from dataclasses import replace

from app.words_wording import (
    is_shaky,
    list_told,
    say_fidelity,
    say_mark,
    say_trust,
    say_words_trust,
)
from mhkd.analysis import Fidelity, WordTrust
from tests.app.example_analysis import build_analysis


def test_an_explanation_that_did_not_converge_says_so() -> None:
    attributions = build_analysis().attributions
    assert attributions.student is not None
    assert attributions.text is not None
    assert say_words_trust(attributions.student).startswith("Converged")
    assert say_words_trust(attributions.text).startswith("Did not converge")
    instead = replace(attributions.text, fallback=True, unit="sentence")
    told = say_words_trust(instead)
    assert told.startswith("Integrated gradients did not converge (relative gap 8.1 %")
    assert "each sentence shows instead" in told


def test_trust_is_said_with_its_reason() -> None:
    found = build_analysis().attributions.student
    assert found is not None
    assert say_trust(found.trust) is None
    trust = WordTrust(
        "word",
        1.5,
        0.25,
        0.1,
        0.6,
        "occlusion of words",
        0.21,
        0.5,
        "caution",
        ("methods_disagree",),
    )
    assert say_trust(trust) == (
        "●●○ With care: taking away the strongest words moves the logit by −1.50 on average "
        "over 1, 5, 10, 20 and 50 % of them, random ones by −0.25; "
        "leaving nothing but them moves it by −0.10, random ones by −0.60; "
        "rank correlation with occlusion of words 0.21, 50 % of the strongest fifth in common. "
        "The two methods disagree."
    )
    chance = replace(
        trust,
        reasons=("agreement_by_chance", "baseline_changes_order"),
        chance_correlation=0.25,
        second_comprehensiveness=1.1,
    )
    told_of_chance = str(say_trust(chance))
    assert "0.21 (shuffled scores: up to 0.25 in 95 %)" in told_of_chance
    assert "without its strongest words −1.10" in told_of_chance
    assert "The two methods agree no more than by chance and another" in told_of_chance
    failed = replace(trust, mark="fails", reasons=("no_better_than_random",))
    assert "●○○ Fails" in str(say_trust(failed))
    assert not is_shaky(replace(found, trust=trust))
    assert is_shaky(replace(found, trust=failed))
    assert is_shaky(replace(found, converged=False))
    assert not is_shaky(replace(found, converged=False, fallback=True))
    told = list_told(replace(found, trust=trust))
    assert len(told) == 2 and told[1].startswith("●●○")
    assert say_mark(found) == "Not tested yet."
    assert say_mark(replace(found, converged=False)) == "Did not converge; not tested yet."
    assert say_mark(replace(found, trust=trust)) == "Trust ●●○ With care: the two methods disagree."
    stood = replace(trust, mark="holds", reasons=())
    assert say_mark(replace(found, trust=stood)).startswith("Trust ●●● Holds: it stood")


def test_infidelity_is_told_beside_that_of_no_explanation() -> None:
    found = build_analysis().attributions.student
    assert found is not None and say_fidelity(found) is None
    measured = Fidelity(0.02, 0.1, 20, 0.08, 3, 0.05)
    told = say_fidelity(replace(found, fidelity=measured)) or ""
    assert "the scores foresee 80 % (20 times)" in told and "hardly change (by at most 8 %" in told
    shaky = say_fidelity(replace(found, fidelity=replace(measured, sensitivity=0.7))) or ""
    assert "read with care" in shaky
    masked = say_fidelity(replace(found, fidelity=replace(measured, sensitivity=None))) or ""
    assert "gradients only" in masked
    empty = replace(measured, infidelity=0.0, infidelity_of_none=0.0)
    assert "changes nothing" in (say_fidelity(replace(found, fidelity=empty)) or "")
