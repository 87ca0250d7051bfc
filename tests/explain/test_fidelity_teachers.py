"""Infidelity of the emotion teacher and of sound: linear models by hand, then the tiny ones."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from mhkd.analysis import EmotionAttribution, SegmentScore, SoundAttribution
from mhkd.errors import Cancelled, InputError
from mhkd.explain import sound
from mhkd.explain.emotions import explain_emotions, measure_emotions
from mhkd.explain.fidelity import RADIUS, READINGS, SETS
from mhkd.explain.sound import explain_sound, measure_sound
from mhkd.models.audio import AudioClassifier
from mhkd.models.emotion import EmotionClassifier
from mhkd.models.members import EmotionMember, Members
from tests.tiny import EMOTIONS, LABELS, POST, WORD_EMOTIONS, tone
from tests.unchanged import fingerprint

RATE_HZ = 16_000


class _Linear(EmotionClassifier):
    """Logits that are sums over words: word i adds i + 1 to the second and nothing to the first."""

    def __init__(self) -> None:
        rows = torch.arange(len(WORD_EMOTIONS) + 1).float()[:, None]
        super().__init__(rows, len(LABELS), 1)
        self.mlp = nn.Sequential(nn.Linear(1, len(LABELS), bias=False))
        self.mlp[0].weight.data = torch.tensor([[0.0], [1.0]])

    @staticmethod
    def pool(embeddings: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        return (embeddings * weights.unsqueeze(-1)).sum(1)


@pytest.fixture
def linear(members: Members) -> EmotionMember:
    return replace(members.emotion, model=_Linear().eval())


def _rescore(found: EmotionAttribution, change: Callable[[float], float]) -> EmotionAttribution:
    words = [replace(word, score=change(word.score)) for word in found.words]
    return replace(found, words=tuple(words))


def test_a_linear_emotion_model_is_foreseen_exactly_at_any_scale(linear: EmotionMember) -> None:
    found = explain_emotions(linear, POST, LABELS, "suicide", EMOTIONS)
    # one of six is taken away, and the logit falls by its own number from 1 to 6
    assert sorted(word.score for word in found.words) == pytest.approx([1, 2, 3, 4, 5, 6])
    for scale in (1.0, 0.25):
        measured = measure_emotions(
            linear, POST, LABELS, _rescore(found, lambda score, by=scale: by * score)
        )
        assert measured.infidelity == pytest.approx(0.0, abs=1e-9)
        total = SETS * measured.infidelity_of_none  # of squares from 1 to 36
        assert SETS < total < 36 * SETS and total == pytest.approx(round(total), abs=1e-4)
    turned = measure_emotions(linear, POST, LABELS, _rescore(found, lambda score: 7 - score))
    assert turned.infidelity > 0.1 * turned.infidelity_of_none


def test_sensitivity_of_a_linear_emotion_model_by_hand(linear: EmotionMember) -> None:
    found = explain_emotions(linear, POST, LABELS, "suicide", EMOTIONS)
    measured = measure_emotions(linear, POST, LABELS, found)
    # each score moves as far as its embedding: at most 5 % of the spread of 1 to 6
    bound = RADIUS * 3.5**0.5 * 6**0.5 / 91**0.5
    assert measured.sensitivity is not None and 0.3 * bound < measured.sensitivity <= bound
    assert (measured.sets, measured.readings, measured.radius) == (SETS, READINGS, RADIUS)


def test_emotions_of_a_model(members: Members) -> None:
    before = fingerprint(members.emotion.model)
    found = explain_emotions(members.emotion, POST, LABELS, "suicide", EMOTIONS)
    measured = measure_emotions(members.emotion, POST, LABELS, found)
    assert 0 <= measured.infidelity <= measured.infidelity_of_none
    assert measured.sensitivity is not None and 0 < measured.sensitivity < 1
    assert measure_emotions(members.emotion, POST, LABELS, found) == measured
    with pytest.raises(InputError, match="another post"):
        measure_emotions(members.emotion, f"So {POST}", LABELS, found)
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        measure_emotions(members.emotion, POST, LABELS, found, cancel=cancel)
    assert fingerprint(members.emotion.model) == before


class _LinearListener:
    """Stands where ``Listener`` stands: stretch i of 0.5 s adds i + 1 for each loud sample."""

    heard: list[bytes] = []

    def __init__(self, *_: object) -> None:
        self.heard.clear()

    def __call__(self, waves: torch.Tensor) -> torch.Tensor:
        self.heard.extend(wave.numpy().tobytes() for wave in waves)
        stretches = waves.unflatten(1, (-1, RATE_HZ // 2)).double().mean(-1)
        return stretches @ torch.arange(1.0, stretches.shape[1] + 1, dtype=torch.float64)


def _stretches(scores: list[float]) -> SoundAttribution:
    segments = [SegmentScore(i / 2, (i + 1) / 2, score) for i, score in enumerate(scores)]
    return SoundAttribution(
        "suicide", "occlusion of time segments", "silence", tuple(segments), 0.5, 0.0, 55.0
    )


def test_a_linear_sound_model_is_foreseen_exactly_at_any_scale(
    members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound, "Listener", _LinearListener)
    loud = np.ones(5 * RATE_HZ, np.float32)
    falls = [float(number) for number in range(1, 11)]
    for scale in (1.0, 0.25):
        found = _stretches([scale * fall for fall in falls])
        measured = measure_sound(members.audio, loud, LABELS, found)
        assert measured.infidelity == pytest.approx(0.0, abs=1e-9)
        # two of ten are silenced: the mean square is near that of all 45 pairs
        pairs = [(falls[a] + falls[b]) ** 2 for a in range(10) for b in range(a)]
        assert measured.infidelity_of_none == pytest.approx(sum(pairs) / 45, rel=0.4)
        assert (measured.sets, measured.sensitivity) == (SETS, None)
        assert (measured.readings, measured.radius) == (0, 0.0)
    heard = _LinearListener.heard
    assert len(heard) == len(set(heard)) <= SETS + 1
    turned = measure_sound(members.audio, loud, LABELS, _stretches(falls[::-1]))
    assert turned.infidelity > 0.1 * turned.infidelity_of_none


def _count_windows(monkeypatch: pytest.MonkeyPatch, then: Callable[[], None]) -> list[int]:
    passes: list[int] = []
    run = AudioClassifier.sum_frames

    def counted(self: AudioClassifier, features: torch.Tensor, lengths: torch.Tensor) -> object:
        passes.append(len(features))
        then()
        return run(self, features, lengths)

    monkeypatch.setattr(AudioClassifier, "sum_frames", counted)
    return passes


def test_sound_of_a_model_in_few_passes(members: Members, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = tone(6.0).samples
    found = explain_sound(members.audio, samples, LABELS, "suicide")
    before = fingerprint(members.audio.model)  # the first pass of all leaves transformers' hooks
    passes = _count_windows(monkeypatch, lambda: None)
    measured = measure_sound(members.audio, samples, LABELS, found)
    assert 10 < sum(passes) <= SETS + 1  # one window each, and the recording as it is
    assert 0 <= measured.infidelity <= measured.infidelity_of_none
    assert measured.infidelity_of_none > 0 and measured.sensitivity is None
    assert measure_sound(members.audio, samples, LABELS, found) == measured
    with pytest.raises(InputError, match="another recording"):
        measure_sound(members.audio, tone(5.0).samples, LABELS, found)
    assert fingerprint(members.audio.model) == before


def test_sound_is_cancelled_between_passes(
    members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = tone(6.0).samples
    found = explain_sound(members.audio, samples, LABELS, "suicide")
    before = fingerprint(members.audio.model)  # the first pass of all leaves transformers' hooks
    cancel = threading.Event()
    passes = _count_windows(monkeypatch, lambda: cancel.set() if len(passes) == 3 else None)
    with pytest.raises(Cancelled):
        measure_sound(members.audio, samples, LABELS, found, cancel=cancel)
    assert len(passes) == 3
    assert fingerprint(members.audio.model) == before
