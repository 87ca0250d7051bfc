"""Contributions of the teachers → rows and plain words. Pure."""

from __future__ import annotations

from app.wording import MODEL_NAMES, say_points, signed
from mhkd.analysis import TeacherContributions, TeacherInteractions

_NEAR_ZERO = 0.005  # points and log-odds below it have no sign worth telling
NEUTRAL_INPUTS = (
    "Neutral input: an absent teacher is replaced by what it says of a text without a word, of "
    "ten seconds of silence, of no emotion word."
)
LOG_ODDS_RULE = (
    "In log-odds, where a mean of probabilities is not a plain sum. Alone: what a teacher adds to "
    "no teacher. Last: what is lost without it. A Shapley value weighs all orders between the two. "
    "Where last is smaller than alone, others say the same (redundancy); where it is larger, "
    "teachers say more together (synergy)."
)


def tabulate_steps(found: TeacherContributions) -> list[tuple[str, ...]]:
    """Rows of the steps from no teacher to all: name, value, value against neutral inputs."""
    neutral = found.neutral
    rows = [("No teacher", f"{found.empty:.4f}", f"{neutral.empty:.4f}" if neutral else "–")]
    for name, value in found.shapley.items():
        other = neutral.shapley.get(name) if neutral else None
        rows.append(
            (
                MODEL_NAMES[name],
                "absent" if value is None else say_points(value),
                "–" if other is None else say_points(other),
            )
        )
    rows.append(("All teachers", f"{found.full:.4f}", f"{found.full:.4f}" if neutral else "–"))
    residual = f"{neutral.residual:.1e}" if neutral else "–"
    return [*rows, ("Residual", f"{found.residual:.1e}", residual)]


def tabulate_together(found: TeacherInteractions) -> list[tuple[str, ...]]:
    """Rows of the teachers present: name, alone, Shapley value, last."""
    return [
        (
            MODEL_NAMES[name],
            signed(found.alone[name] or 0.0, 3),
            signed(value, 3),
            signed(found.last[name] or 0.0, 3),
        )
        for name, value in found.shapley.items()
        if value is not None
    ]


def tabulate_pairs(found: TeacherInteractions) -> list[tuple[str, ...]]:
    """Rows of the pairs: names and interaction."""
    return [
        (
            f"{MODEL_NAMES[pair.first]} and {MODEL_NAMES[pair.second].lower()}",
            signed(pair.interaction, 3),
        )
        for pair in found.pairs
    ]


def say_baselines(found: TeacherContributions) -> str | None:
    """Which signs depend on what stands in for an absent teacher; None if that is not known."""
    if found.neutral is None:
        return None
    turned = [
        MODEL_NAMES[name].lower()
        for name, value in found.shapley.items()
        if value is not None and _turns(value, found.neutral.shapley.get(name))
    ]
    if not turned:
        return (
            "Against neutral inputs, the other stand-in for an absent teacher, every contribution "
            "keeps its sign."
        )
    names = " and the ".join(turned)
    return (
        f"Against neutral inputs, the other stand-in for an absent teacher, the {names} "
        f"{'changes' if len(turned) == 1 else 'change'} sign: read "
        f"{'this contribution' if len(turned) == 1 else 'these contributions'} with care."
    )


def _turns(value: float, other: float | None) -> bool:
    if other is None or min(abs(value), abs(other)) < _NEAR_ZERO:
        return False
    return (value > 0) != (other > 0)
