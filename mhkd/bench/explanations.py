"""Explanations beside single passes of the models that they explain."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mhkd.analyser import ExplainedModel
from mhkd.bench.clock import Action
from mhkd.bench.forwards import prepare_passes
from mhkd.bench.posts import write_post
from mhkd.bundle import Bundle
from mhkd.models.encoded import encode_post
from mhkd.models.members import Members
from mhkd.post import Post, Recording
from mhkd.post_run import PostRun

TOKENS: Final = 128  # of the post whose words are explained
SECONDS: Final = 10  # of the sound that is explained
_MAX_WORDS: Final = 350


def prepare_explanations(bundle: Bundle, members: Members, spoken: Recording) -> dict[str, Action]:
    """What is timed: a pass, the first explanation, and all of them with their tests.

    Args:
        bundle: the bundle of ``members``.
        members: the models; the student explains a post of ``TOKENS`` tokens.
        spoken: sound of which the audio teacher explains the first ``SECONDS``.
    """
    post = Post(_write(members), _cut(spoken))
    target = bundle.manifest.labels[0]

    def explain(model: ExplainedModel, *, whole: bool) -> Action:
        def act() -> None:
            run = PostRun(bundle, members, post, target)
            run.explain(model)
            if whole and model == "student":
                run.seek_counterfactual()
            if whole:
                run.check(model)

        return act

    passes = prepare_passes(members, post)
    return {
        "student_pass": passes["student"],
        "student_words_first": explain("student", whole=False),
        "student_words_all": explain("student", whole=True),
        "audio_pass": passes["audio"],
        "sound_first": explain("audio", whole=False),
        "sound_all": explain("audio", whole=True),
    }


def _write(members: Members) -> str:
    """The longest post of at most ``TOKENS`` tokens."""
    tokenizer = members.student.tokenizer
    texts = (write_post(words) for words in range(_MAX_WORDS, 0, -1))
    return next(
        (text for text in texts if encode_post(tokenizer, text).tokens_read <= TOKENS),
        write_post(1),
    )


def _cut(spoken: Recording) -> Recording:
    words = tuple(word for word in spoken.words if word.end_s <= SECONDS)
    return replace(spoken, samples=spoken.samples[: SECONDS * spoken.rate_hz], words=words)
