"""What can be asked for beside an analysis, in the thread of the caller."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from app.asked_work import Asked
from app.work import Case
from mhkd.analysis import Progress

VOICES: Final = ("voices",)


def speak_otherwise(case: Case, asked: Asked) -> None:
    """Speaks the post in every voice and adds the audio teacher's answers to the analysis."""

    def tell(progress: Progress) -> None:
        asked.stage = progress.stage

    found = case.opening.result().compare_voices(
        case.order.text, on_progress=tell, cancel=asked.cancel
    )
    case.amend(lambda analysis: replace(analysis, voices=found))
