"""What stands beside an explanation of sound → rows and plain words. Pure."""

from __future__ import annotations

from app.wording import say_probability, signed
from mhkd.analysis import SoundAttribution, SoundChecks, WordScore

_LITTLE = 0.02  # of a probability
_HIGH_HZ = 8_000.0


def list_spoken(found: SoundAttribution) -> tuple[str, tuple[WordScore, ...]]:
    """What was said, and the score of each stretch of it; empty where words are not known."""
    text, words = "", []
    for part in found.segments:
        if part.text:
            start = len(text) + bool(text)
            text = f"{text} {part.text}".lstrip()
            words.append(WordScore(part.text, start, len(text), part.score))
    return text, tuple(words)


def say_fills(found: SoundChecks) -> str:
    """Whether filling with noise tells the same as filling with silence."""
    told = "Filled with white noise as loud as the recording, "
    if found.rank_correlation is None:
        return f"{told}every stretch counts the same."
    way = "much the same" if found.rank_correlation >= 0.6 else "something else in part"
    if found.rank_correlation < 0.3:
        way = "another story: read the stretches with care"
    return f"{told}the stretches tell {way} (rank correlation {found.rank_correlation:.2f})."


def say_gradients(found: SoundChecks) -> str | None:
    """Whether gradients tell the same as occlusion; None where they were not computed."""
    other = found.gradients
    if other is None:
        return None
    gap = f"relative gap {100 * other.relative_gap:.1f} % after {other.steps} steps"
    told = f"Integrated gradients on the log-mel picture ({gap}"
    told += ")" if other.converged else "; they did not converge)"
    if other.rank_correlation is None:
        return f"{told} count every stretch the same."
    told += (
        f" order the stretches with a rank correlation of {other.rank_correlation:.2f} to "
        f"silencing them; {100 * other.padding_share:.0f} % of their weight lies on the padding."
    )
    if other.comprehensiveness is None or found.trust is None:
        return told
    told += (
        " With noise in place of the strongest stretches by them the logit falls by "
        f"{signed(other.comprehensiveness, 2)}, of random ones by "
        f"{signed(found.trust.random_comprehensiveness, 2)}."
    )
    return f"{told} Don’t build on them." if are_gradients_doubtful(found) else told


def are_gradients_doubtful(found: SoundChecks) -> bool:
    """Whether gradients of sound did not converge, or order stretches no better than chance."""
    other, trust = found.gradients, found.trust
    if other is None or not other.converged:
        return other is not None
    if other.comprehensiveness is None or trust is None:
        return False
    return other.comprehensiveness <= trust.random_comprehensiveness


def name_fills(found: SoundChecks) -> tuple[str, ...]:
    """The header over ``tabulate_fills``."""
    names = ("Stretch", "Silence", "Noise")
    if found.gradients is None:
        return names
    return (*names, "Gradients (doubtful)" if are_gradients_doubtful(found) else "Gradients")


def name_stretch(found: SoundAttribution) -> str:
    """What one bar stands for, as the end of “when … filled”."""
    texts = [part.text for part in found.segments if part.text]
    if not texts:
        return "that stretch is"
    return "those words are" if any(" " in text for text in texts) else "that word is"


def say_manner(found: SoundChecks) -> str:
    """How much hangs on how it was said, with the words kept."""
    strongest = max(found.changes, key=lambda part: abs(part.probability - found.probability))
    moved = strongest.probability - found.probability
    if abs(moved) < _LITTLE:
        return (
            "Pitch, tempo and loudness hardly matter to the audio teacher here: none moves its "
            f"probability of {say_probability(found.probability)} by {100 * _LITTLE:.0f} points."
        )
    return (
        f"How it is said matters: {strongest.change} moves the audio teacher’s probability from "
        f"{say_probability(found.probability)} to {say_probability(strongest.probability)}, with "
        "the same words."
    )


def tabulate_changes(found: SoundChecks) -> list[tuple[str, ...]]:
    """Rows: what was changed, probability, change of the logit."""
    rows = [("as it is", say_probability(found.probability), "–")]
    rows += [
        (part.change, say_probability(part.probability), signed(part.logit_change, 3))
        for part in found.changes
    ]
    return [*rows]


def tabulate_bands(found: SoundChecks) -> list[tuple[str, ...]]:
    """Rows: band, its frequencies, fall of the logit without it."""
    return [
        (
            part.band.capitalize(),
            f"above {part.low_hz:,.0f} Hz"
            if part.high_hz >= _HIGH_HZ
            else f"{part.low_hz:,.0f}–{part.high_hz:,.0f} Hz",
            signed(part.score, 3),
        )
        for part in found.bands
    ]


def tabulate_fills(found: SoundAttribution) -> list[tuple[str, ...]]:
    """Rows: stretch, fall with silence, fall with noise, and gradients where they are there."""
    checks = found.checks
    if checks is None:
        return []
    columns = [found.segments, checks.noise]
    if checks.gradients is not None:
        columns.append(checks.gradients.segments)
    return [
        (f"{parts[0].start_s:.1f}–{parts[0].end_s:.1f} s", *(signed(p.score, 3) for p in parts))
        for parts in zip(*columns, strict=True)
    ]
