"""Sound attributions: each score against a recording that was silenced by hand."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from mhkd.errors import Cancelled
from mhkd.explain.contrast import contrast
from mhkd.explain.sound import explain_sound, segment_edges, segment_words
from mhkd.models.audio import encode_sound
from mhkd.models.members import AudioMember, Members
from mhkd.post import SpokenWord
from tests.tiny import LABELS, tone
from tests.unchanged import fingerprint

RATE_HZ = 16_000


def _output(member: AudioMember, samples: np.ndarray, target: int) -> float:
    sound = encode_sound(member.extractor, samples)
    index = torch.zeros(len(sound.features), dtype=torch.long)
    with torch.no_grad():
        return float(contrast(member.model(sound.features, sound.samples_heard, index), target))


@pytest.mark.parametrize("seconds", [0.3, 3.0, 10.6, 11.3])
def test_a_score_is_what_silencing_changes(members: Members, seconds: float) -> None:
    samples = tone(seconds).samples
    found = explain_sound(members.audio, samples, LABELS, "suicide")
    whole = _output(members.audio, samples, 1)
    assert found.output == pytest.approx(whole, abs=1e-3)
    for segment in (found.segments[0], found.segments[-1]):
        silenced = samples.copy()
        silenced[round(segment.start_s * RATE_HZ) : round(segment.end_s * RATE_HZ)] = 0
        expected = whole - _output(members.audio, silenced, 1)
        assert segment.score == pytest.approx(expected, abs=1e-3)


def test_segments_cover_what_is_heard_and_no_more(members: Members) -> None:
    found = explain_sound(members.audio, tone(33.0).samples, LABELS, "suicide")
    assert len(found.segments) == 60
    assert found.segments[0].start_s == 0 and found.segments[-1].end_s == 30.0
    for before, after in zip(found.segments, found.segments[1:], strict=False):
        assert before.end_s == after.start_s
    assert found.segment_s == pytest.approx(0.5)
    assert found.padding_score == 0.0


def test_segments_are_the_spoken_words_where_these_are_known(members: Members) -> None:
    samples = tone(3.0).samples
    words = (
        SpokenWord("so", 0.1, 0.5),
        SpokenWord("tired", 0.7, 1.5),
        SpokenWord("now", 1.7, 2.6),
        SpokenWord("unheard", 3.2, 3.6),
    )
    found = explain_sound(members.audio, samples, LABELS, "suicide", words=words)
    assert found.method == "occlusion of spoken words"
    assert [part.text for part in found.segments] == ["so", "tired", "now"]
    edges = [found.segments[0].start_s, *(part.end_s for part in found.segments)]
    assert edges == pytest.approx([0.0, 0.6, 1.6, 3.0])
    silenced = samples.copy()
    silenced[round(0.6 * RATE_HZ) : round(1.6 * RATE_HZ)] = 0
    expected = _output(members.audio, samples, 1) - _output(members.audio, silenced, 1)
    assert found.segments[1].score == pytest.approx(expected, abs=1e-3)


def test_many_words_share_segments_and_none_is_lost() -> None:
    words = [SpokenWord(str(i), 0.2 * i, 0.2 * i + 0.1) for i in range(90)]
    edges, texts = segment_words(20 * RATE_HZ, words)
    assert texts is not None and len(texts) == 60 == len(edges) - 1
    assert " ".join(texts).split() == [str(i) for i in range(90)]
    assert (np.diff(edges) > 0).all() and edges[0] == 0 and edges[-1] == 20 * RATE_HZ


def test_a_silent_segment_is_a_dummy(members: Members) -> None:
    samples = tone(4.0).samples.copy()
    samples[RATE_HZ : 3 * RATE_HZ // 2] = 0
    found = explain_sound(members.audio, samples, LABELS, "suicide")
    scores = {segment.start_s: segment.score for segment in found.segments}
    assert scores[1.0] == pytest.approx(0.0, abs=1e-5)  # rounding of the batch
    assert scores[0.5] != 0.0


@pytest.mark.parametrize(
    ("samples", "segments"), [(1, 1), (4_000, 1), (16_000, 2), (320_000, 40), (480_000, 60)]
)
def test_number_of_segments(samples: int, segments: int) -> None:
    edges = segment_edges(samples)
    assert len(edges) == segments + 1
    assert edges[0] == 0 and edges[-1] == samples
    assert (np.diff(edges) > 0).all()


def test_padding_is_told(members: Members) -> None:
    found = explain_sound(members.audio, tone(2.0).samples, LABELS, "suicide")
    assert found.padding_score != 0.0


def test_the_same_recording_gives_the_same_scores(members: Members) -> None:
    samples = tone(2.0).samples
    first, second = (explain_sound(members.audio, samples, LABELS, "suicide") for _ in range(2))
    assert first == second


def test_the_model_is_unchanged_also_when_stopped(members: Members) -> None:
    samples = tone(2.0).samples
    _output(members.audio, samples, 1)  # the first pass of all leaves transformers' hooks
    before = fingerprint(members.audio.model)
    explain_sound(members.audio, samples, LABELS, "suicide")
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        explain_sound(members.audio, samples, LABELS, "suicide", cancel=cancel)
    assert fingerprint(members.audio.model) == before
