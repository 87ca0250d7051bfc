"""Whether a recording says what a text says, judged by what a transcriber understood."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from mhkd import limits
from mhkd.analysis import Finding

_WORD: Final = re.compile(r"\w+(?:['’]\w+)*")


def measure_matched_share(text: str, heard: str) -> float:
    """Share of the words heard that stand in the text in the same order, 0 to 1.

    A text may go on after the recording ends, so that words of the text that were not heard
    don't count.
    """
    written, spoken = _list_words(text), _list_words(heard)
    if not spoken:
        return 0.0
    matcher = SequenceMatcher(None, written, spoken, autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks()) / len(spoken)


def find_text_differs(text: str, heard: str) -> list[Finding]:
    """``text_differs`` where hardly anything of what was heard stands in the text.

    ``text_not_compared`` where too little was understood to tell.
    """
    count = len(_list_words(heard))
    if count < limits.MATCHED_WORDS:
        were = "1 word was" if count == 1 else f"{count or 'no'} words were"
        return [
            Finding(
                "text_not_compared",
                f"In the recording {were} understood; fewer than {limits.MATCHED_WORDS} don’t tell "
                "whether it says what the text says.",
            )
        ]
    share = measure_matched_share(text, heard)
    if share >= limits.MIN_MATCHED_SHARE:
        return []
    return [
        Finding(
            "text_differs",
            f"Of {count} words that were understood in the recording, {share:.0%} stand in the "
            "text in this order. The audio teacher hears another text than the others read, so "
            "their answers are about different things. A machine wrote the recording down and "
            "mishears some words.",
        )
    ]


def _list_words(text: str) -> Sequence[str]:
    return [word.group().lower().replace("’", "'") for word in _WORD.finditer(text)]
