"""Many posts at once are answered as each alone; so is a sound alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mhkd.analyser import Analyser
from mhkd.analysis import Analysis, Progress
from mhkd.models.backbones import layers_of
from mhkd.post import Post
from mhkd.predictions import measure_familiarity, read_as_student
from tests.analysed import LONG, TEXT
from tests.tiny import tone


def test_many_posts_are_answered_as_singly(analyser: Analyser) -> None:
    texts = [LONG, TEXT, "so tired", "the walk was good", TEXT + " today", LONG[:3000]]
    heard: list[Progress] = []
    models = ("student", "text", "emotion")
    found = analyser.predict_texts(texts, models, heard.append)
    assert list(found) == list(models)
    for row, text in enumerate(texts):
        single = analyser.analyse(Post(text), explain="none", speak=False)
        for name in models:
            expected = list(single.predictions[name].probabilities.values())
            assert found[name][row].tolist() == pytest.approx(expected, abs=1e-4)
    assert {p.stage for p in heard} == set(models)
    assert heard[-1].fraction == 1.0


def test_teachers_of_many_posts_are_those_of_analyse(analyser: Analyser) -> None:
    found = analyser.predict_texts([TEXT], ("teachers", "audio"))
    single = analyser.analyse(Post(TEXT), explain="none")
    for name in found:
        expected = list(single.predictions[name].probabilities.values())
        assert found[name][0].tolist() == pytest.approx(expected, abs=1e-4)


def test_distances_of_many_posts_are_those_of_each(analyser: Analyser) -> None:
    texts = [LONG, TEXT, "so tired", "the walk was good", TEXT + " today", LONG[:3000]]
    found = analyser.answer_texts(texts, ("emotion", "student"), familiar=True)
    assert list(found.probabilities) == ["emotion", "student"] and found.spoken_s is None
    members = analyser._members
    assert members.familiar is not None and found.distances is not None
    for row, text in enumerate(texts):
        alone = measure_familiarity(members.familiar, read_as_student(members.student, text))
        assert found.distances[row] == pytest.approx(alone.distance, abs=1e-5)
    assert np.ptp(found.distances) > 1e-3
    plain = analyser.answer_texts(texts, ("student",))
    assert plain.distances is None
    assert found.probabilities["student"] == pytest.approx(plain.probabilities["student"], abs=1e-6)
    assert analyser.familiarity_limit == members.familiar.threshold == 1000.0


def test_the_frozen_layers_are_passed_once(
    analyser: Analyser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in tokens, a layer's input: distances add the layers above the frozen ones alone."""
    member, region = analyser._members.student, analyser._members.familiar
    assert region is not None
    seen: list[int] = []
    hooks = [
        layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape[:2].numel()))
        for layer in (*layers_of(member.model.encoder), *layers_of(region.upper))
    ]
    try:
        analyser.answer_texts([LONG, TEXT])
        plain = sum(seen)
        seen.clear()
        analyser.answer_texts([LONG, TEXT], familiar=True)
    finally:
        for hook in hooks:
            hook.remove()
    layers = len(layers_of(member.model.encoder))
    assert sum(seen) == plain / layers * (layers + len(layers_of(region.upper))) > plain


def test_a_bundle_without_a_region_tells_no_distance(analyser: Analyser) -> None:
    bare = Analyser(analyser._bundle, replace(analyser._members, familiar=None))
    assert bare.familiarity_limit is None
    found = bare.answer_texts([TEXT], ("student",), familiar=True)
    assert found.distances is None and list(found.probabilities) == ["student"]


def test_distances_by_a_rounded_student_are_near(analyser: Analyser) -> None:
    rounded = Analyser(analyser._bundle, analyser._members, rounded=True)
    exact, near = (
        a.answer_texts([LONG, TEXT], familiar=True).distances for a in (analyser, rounded)
    )
    assert near == pytest.approx(exact, abs=0.02)


def test_what_is_spoken_is_told_in_seconds(analyser: Analyser) -> None:
    found = analyser.answer_texts(["so tired", "!!!"], ("audio",))
    assert found.spoken_s is not None and found.spoken_s[0] > 0.3 and found.spoken_s[1] == 0
    spoken = analyser.speak("so tired")
    assert spoken is not None and found.spoken_s[0] == pytest.approx(spoken.duration_s)


def test_a_recording_is_heard_as_in_analyse(analyser: Analyser, whole: Analysis) -> None:
    found = analyser.hear(Post(TEXT, tone(3.0)))
    assert found.probabilities == whole.predictions["audio"].probabilities
    assert found.heard == whole.given.audio
    silent = analyser.hear(Post(TEXT, replace(tone(1.0), samples=np.zeros(16_000, np.float32))))
    assert silent.probabilities is None and silent.heard.seconds_heard == 0
    assert "no_speech" in {finding.code for finding in silent.findings}
