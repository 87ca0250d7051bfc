"""What is said of an explanation: its gap, its tests, its method. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.wording import capitalise, join_words, signed
from mhkd.analysis import (
    Attribution,
    EmotionAttribution,
    Read,
    SoundAttribution,
    WordAttribution,
    WordTrust,
)
from mhkd.limits import MAX_OCCLUDED_WORDS

_TRUST_MARKS: Final[Mapping[str, tuple[str, str]]] = {
    "holds": ("●●●", "Holds"),
    "caution": ("●●○", "With care"),
    "fails": ("●○○", "Fails"),
}
_SHARES: Final = " over 1, 5, 10, 20 and 50 % of them"
_TRUST_REASONS: Final[Mapping[str, str]] = {
    "no_better_than_random": "its order is no better than a random one",
    "little_better_than_random": "its lead over random orders is within chance",
    "strongest_do_not_suffice": "the strongest alone keep less of the answer than random ones",
    "methods_disagree": "the two methods disagree",
    "agreement_by_chance": "the two methods agree no more than by chance",
    "baseline_changes_order": "another baseline puts the words in another order",
    "gradients_differ": "the gradients put the stretches in another order",
    "not_converged": "gradients did not converge",
}

_ALSO: Final = (
    "if the strongest alone keep more of the answer than random ones, and if gradients that were "
    "asked converge and neither they nor another baseline tell another order."
)


def say_words_trust(found: WordAttribution | EmotionAttribution) -> str:
    """How far an integrated-gradients explanation can be trusted, in one line."""
    gap = f"relative gap {100 * found.relative_gap:.1f} % after {found.steps} steps"
    if isinstance(found, WordAttribution) and found.fallback:
        return (
            f"Integrated gradients did not converge ({gap}), so each {found.unit} shows instead "
            "how far the logit falls when it is masked. These falls need not add up."
        )
    if found.converged:
        return f"Converged: the words add up to the answer ({gap})."
    return f"Did not converge: the words do not add up to the answer ({gap}). Read with care."


def say_trust(trust: WordTrust | None) -> str | None:
    """Whether an explanation stood its test: a mark of three steps and one sentence."""
    if trust is None:
        return None
    mark, word = _TRUST_MARKS[trust.mark]
    several = "stretches" if trust.unit == "stretch" else f"{trust.unit}s"
    told = (
        f"taking away the strongest {several} moves the logit by "
        f"{signed(-trust.comprehensiveness, 2)} on average{_SHARES}, random ones by "
        f"{signed(-trust.random_comprehensiveness, 2)}; leaving nothing but them moves it by "
        f"{signed(-trust.sufficiency, 2)}, random ones by {signed(-trust.random_sufficiency, 2)}"
    )
    if trust.rank_correlation is not None:
        told += f"; rank correlation with {trust.second_method} {trust.rank_correlation:.2f}"
        if trust.chance_correlation is not None:
            told += f" (shuffled scores: up to {trust.chance_correlation:.2f} in 95 %)"
    if trust.overlap is not None:
        told += f", {100 * trust.overlap:.0f} % of the strongest fifth in common"
    if trust.second_comprehensiveness is not None:
        told += f"; without its strongest {several} {signed(-trust.second_comprehensiveness, 2)}"
    reasons = say_reasons(trust)
    return f"{mark} {word}: {told}." + (f" {capitalise(reasons)}." if reasons else "")


def say_mark(found: WordAttribution | EmotionAttribution) -> str:
    """The mark of an explanation and its reason, without numbers; for who sits far away."""
    if found.trust is None:
        return "Not tested yet." if found.converged else "Did not converge; not tested yet."
    mark, word = _TRUST_MARKS[found.trust.mark]
    reasons = say_reasons(found.trust) or "it stood the test of taking words away"
    return f"Trust {mark} {word}: {reasons}."


def say_reasons(trust: WordTrust) -> str:
    """Why an explanation did not simply hold; empty where it did."""
    return join_words([_TRUST_REASONS[reason] for reason in trust.reasons], "and")


def list_told(found: WordAttribution | EmotionAttribution) -> list[str]:
    """All that is said of how far an explanation can be trusted, a sentence each."""
    told = [say_words_trust(found), say_trust(found.trust)]
    if isinstance(found, WordAttribution):
        told.append(say_other_baseline(found))
    told += [say_fidelity(found), say_thresholds(found.trust)]
    return [sentence for sentence in told if sentence is not None]


def find_trust(found: Attribution) -> WordTrust | None:
    """How an explanation stood its test; None where it was not tested."""
    if isinstance(found, SoundAttribution):
        return None if found.checks is None else found.checks.trust
    return found.trust


def is_shaky(found: Attribution) -> bool:
    """Whether an explanation is to be greyed: its test failed, or its sum is off."""
    trust = find_trust(found)
    if trust is not None and trust.mark == "fails":
        return True
    if isinstance(found, SoundAttribution):
        return False
    return not found.converged and not (isinstance(found, WordAttribution) and found.fallback)


def is_cut(read: Mapping[str, Read], model: str) -> bool:
    """Whether a model did not read the post to its end."""
    found = read.get(model)
    return found is not None and found.tokens_read < found.tokens_total


def is_long(found: WordAttribution) -> bool:
    """Whether sentences say more than words: over 150 words, explained one by one."""
    return found.unit == "word" and len(found.words) > MAX_OCCLUDED_WORDS


def say_thresholds(trust: WordTrust | None) -> str | None:
    """What the mark was set by; None where no mark was set."""
    limits = None if trust is None else trust.thresholds
    if limits is None:
        return None
    if not limits.posts:
        return (
            "The mark: it fails if its order is no better than random; it holds if the methods "
            f"correlate above {limits.min_rank_correlation:.2f} and more than shuffled scores may, "
            f"{_ALSO} This bundle carries no thresholds from held-out posts."
        )
    reached = "" if limits.reached is None else f", which {100 * limits.reached:.0f} % of them do"
    return (
        f"The mark comes from {limits.posts:,} held-out posts, from which no model "
        f"learned: it holds with a lead over random orders of {limits.min_advantage:.2f}, which "
        "chance reaches in 5 %, if the two methods correlate by "
        f"{limits.min_rank_correlation:.2f} and more{reached}, and by more than shuffled scores "
        f"may, {_ALSO} It fails if its order is no better than random."
    )


def say_other_baseline(found: WordAttribution) -> str | None:
    """How far an explanation hangs on its baseline; None where that was not looked at."""
    other = found.other_baseline
    if other is None:
        return None
    gap = f"relative gap {100 * other.relative_gap:.1f} % after {other.steps} steps"
    told = f"From another baseline, {other.baseline}"
    if not other.converged:
        return f"{told}, the gradients do not converge ({gap})."
    if other.rank_correlation is None:
        return f"{told}: {gap}."
    return f"{told}: rank correlation {other.rank_correlation:.2f} ({gap})."


def say_fidelity(found: Attribution) -> str | None:
    """What infidelity and sensitivity say; None where they were not asked for."""
    got = found.fidelity
    if got is None:
        return None
    if got.infidelity_of_none <= 0:
        told = (
            f"Infidelity {got.infidelity:.4f}: {_tell_removal(found)} changes nothing here, so it "
            "is empty."
        )
    else:
        foreseen = 100 * (1 - got.infidelity / got.infidelity_of_none)
        told = (
            f"Infidelity {got.infidelity:.4f}, against {got.infidelity_of_none:.4f} of no "
            f"explanation: of what {_tell_removal(found, 'a random fifth of the ')} does to the "
            f"logit, the scores foresee {foreseen:.0f} % ({got.sets} times)."
        )
    if got.sensitivity is None:
        return f"{told} Sensitivity is measured of gradients only."
    change = "hardly change" if got.sensitivity < 0.1 else "change somewhat"
    change = "change a lot: read with care" if got.sensitivity >= 0.5 else change
    return (
        f"{told} Sensitivity {got.sensitivity:.2f}: with the embeddings moved by at most "
        f"{100 * got.radius:.0f} % of their spread, the scores {change} (by at most "
        f"{100 * got.sensitivity:.0f} % of their size, {got.readings} times)."
    )


def _tell_removal(found: Attribution, share: str = "") -> str:
    if isinstance(found, SoundAttribution):
        return f"filling {share}stretches with {found.fill}"
    if isinstance(found, EmotionAttribution):
        return f"taking away {share}words"
    return f"masking {share}{found.unit if found.trust is None else found.trust.unit}s"


def say_words_method(found: WordAttribution) -> str:
    """How the scores of words came about."""
    told = f"{found.method}; baseline: {found.baseline}. "
    if found.fallback:
        return f"{told}Logit of the whole post {found.output:.3f}."
    return (
        f"{told}Logit {found.baseline_output:.3f} → {found.output:.3f}; "
        f"{signed(found.special_score, 3)} falls on special tokens."
    )
