"""What can be asked for beside an analysis, in the thread of the caller."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from app.asked_work import Asked, HeardOtherwise
from app.work import Case, ExplainedModel
from mhkd.analysis import Progress
from mhkd.audio.manner import Manner, change_recording

VOICES: Final = ("voices",)
MANNER: Final = ("manner",)


def name_fidelity(model: str, target: str) -> tuple[str, ...]:
    """The name of the work below."""
    return ("fidelity", model, target)


def measure_fidelity(model: ExplainedModel, target: str, case: Case, asked: Asked) -> None:
    """Measures an explanation and adds what was found to it."""
    first = None if case.analysis is None else getattr(case.analysis.attributions, model)
    own = first is not None and first.target == target
    found = first if own else case.explained.get((model, target))
    if found is None:
        return
    asked.stage = "measuring"
    measured = case.opening.result().measure_fidelity(
        case.post(), model, found, cancel=asked.cancel
    )
    more: dict[str, Any] = {model: replace(found, fidelity=measured)}
    if own:
        case.amend(lambda a: replace(a, attributions=replace(a.attributions, **more)))
    else:
        case.explained[model, target] = more[model]
        case.version += 1


def speak_otherwise(case: Case, asked: Asked) -> None:
    """Speaks the post in every voice and adds the audio teacher's answers to the analysis."""

    def tell(progress: Progress) -> None:
        asked.stage = progress.stage

    found = case.opening.result().compare_voices(
        case.order.text, on_progress=tell, cancel=asked.cancel
    )
    case.amend(lambda analysis: replace(analysis, voices=found))


def hear_otherwise(manner: Manner, case: Case, asked: Asked) -> None:
    """Changes the sound, asks the audio teacher about it, and leaves both with the case.

    The changed sound is there before its answer, and stays where no answer comes.
    """
    heard = case.find_heard()
    if heard is None:
        return
    asked.stage = "changing the sound"
    said = change_recording(heard, manner)
    if asked.cancel.is_set():
        return
    case.otherwise = HeardOtherwise(manner, said)
    case.version += 1
    asked.stage = "asking the audio teacher"
    post = replace(case.post(), recording=said.recording)
    answer = case.opening.result().hear(post, cancel=asked.cancel)
    if asked.cancel.is_set():
        return
    case.otherwise = HeardOtherwise(manner, said, answer)
    case.version += 1
