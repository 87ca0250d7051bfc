"""What the models say of many posts, and of one recording, without explanations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mhkd.analysis import Finding, Heard

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TextAnswers:
    """The answers to many posts.

    Attributes:
        probabilities: model → calibrated, shape (posts, classes).
        distances: of each post from those that the student learned from, as
            ``Familiarity.distance``, shape (posts,); None where it was not asked for or can't
            be told.
        spoken_s: seconds that the audio teacher heard of each post as it was spoken, 0 where no
            voice can say it, shape (posts,); None where it was not asked or can't be told.
        tokens: of student and text teacher, where asked: model → sub-words that it read, and those
            of the whole post, shape (posts, 2). A model that is not there does not tell.
    """

    probabilities: Mapping[str, Floats]
    distances: Floats | None = None
    spoken_s: Floats | None = None
    tokens: Mapping[str, Ints] = field(default_factory=dict)


@dataclass(frozen=True)
class SoundAnswer:
    """What the audio teacher says of one recording.

    Attributes:
        probabilities: by label; None where it was left out, for a reason among ``findings``.
        heard: how long the sound is, and how much of it was heard.
        findings: about the sound.
        text_differs: it says something else than the text; None where that was not asked, or
            can't be told.
    """

    probabilities: Mapping[str, float] | None
    heard: Heard
    findings: tuple[Finding, ...]
    text_differs: bool | None = None


def tell_text_differs(findings: Sequence[Finding], *, compared: bool) -> bool | None:
    """Whether a recording says something else than the text; None where that can't be told.

    Args:
        findings: about the sound or the whole post.
        compared: the recording was compared with the text.
    """
    codes = {finding.code for finding in findings}
    if "recording_of_other_text" in codes:  # it stands in place of what comparing found
        return None
    return "text_differs" in codes if compared and "text_not_compared" not in codes else None
