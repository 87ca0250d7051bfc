"""The stages of one post's analysis, in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from mhkd.analysis import Analysis, Progress
from mhkd.audio.transcribe import find_transcriber
from mhkd.gate import Turn
from mhkd.models.parts import stop_if_cancelled
from mhkd.post import Post
from mhkd.post_run import PostRun

Explanations = Literal["none", "words", "all"]
ExplainedModel = Literal["student", "text", "emotion", "audio"]
OnProgress = Callable[[Progress], None]

EXPLAINED: Final[dict[str, tuple[ExplainedModel, ...]]] = {
    "none": (),
    "words": ("student", "emotion", "text"),
    "all": ("student", "emotion", "text", "audio"),
}


@dataclass(frozen=True, eq=False)
class Stage:
    """A step of an analysis and the name under which its progress is told."""

    name: str
    act: Callable[[], object]


def list_answers(run: PostRun, *, speak: bool) -> list[Stage]:
    """The models' answers; the student's first, for it is the quickest."""
    spoken = [Stage("speaking", run.speak)] if speak else []
    return [
        Stage("student", run.answer_student),
        *spoken,
        Stage("text", run.answer_text),
        Stage("audio", run.answer_audio),
        Stage("emotion", run.answer_emotion),
        *([Stage("students", run.answer_family)] if run.has_family else []),
    ]


def list_explanations(
    run: PostRun, explain: Explanations, post: Post, *, compare: bool
) -> list[Stage]:
    """What explains the answers; tests of it come last, so that all is drawn before.

    Args:
        run: the post on its way.
        explain: which models.
        post: the post.
        compare: a person's recording with the text, where a transcriber is there.
    """
    models = EXPLAINED[explain]
    stages = [Stage("voice", run.measure_voice)] if post.recording is not None else []
    wanted = compare and _is_comparable(post)
    matching = [Stage("matching", run.match_recording)] if wanted else []
    for model in models:
        if model == "audio":  # matching tells when each word is spoken
            stages += matching
        stages.append(_explain(run, model))
    if "audio" not in models:
        stages += matching
    if explain != "none":
        stages.append(Stage("removing words", run.seek_counterfactual))
    return stages + [_check(run, model) for model in models]


def go_through(
    run: PostRun,
    answers: Sequence[Stage],
    explanations: Sequence[Stage],
    on_progress: OnProgress | None,
    turn: Turn,
) -> Analysis:
    """Does all stages and tells each as it begins, some as they go on.

    Once the answers are there it stands back for others between two stages, and tells ``waiting``.

    Raises:
        Cancelled: ``turn`` was set; looked at before each stage, and within most.
    """
    stages = [*answers, *explanations]

    def tell(stage: str, place: int) -> None:
        if on_progress is not None:
            so_far = run.snapshot() if place >= len(answers) else None
            on_progress(run.progress(stage, place / len(stages), so_far))

    def tell_share(stage: str, place: int, share: float) -> None:
        if on_progress is not None:
            on_progress(run.progress(stage, (place + share) / len(stages), None, share))

    for place, stage in enumerate(stages):
        stop_if_cancelled(turn)
        if place >= len(answers) and turn.is_wanted:
            tell("waiting", place)
            turn.stand_back()
        tell(stage.name, place)
        run.on_share = partial(tell_share, stage.name, place)
        with run.timed(stage.name):
            stage.act()
    stop_if_cancelled(turn)
    found = run.snapshot()
    if on_progress is not None:
        on_progress(run.progress("done", 1.0, found))
    return found


def _explain(run: PostRun, model: ExplainedModel) -> Stage:
    return Stage(f"explaining {model}", lambda: run.explain(model))


def _check(run: PostRun, model: ExplainedModel) -> Stage:
    return Stage(f"checking {model}", lambda: run.check(model))


def _is_comparable(post: Post) -> bool:
    """A person's recording, on a machine that can write it down."""
    recorded = post.recording is not None and post.recording.origin == "recorded"
    return recorded and find_transcriber() is not None
