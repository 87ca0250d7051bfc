"""The whole way of a post through a tiny bundle."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mhkd.analyser import Analyser
from mhkd.analysis import MODELS, TEACHERS, Analysis, Progress, is_occlusion
from mhkd.errors import BundleError, Cancelled, InputError
from mhkd.explain.teachers import divergence_bits
from mhkd.models.encoded import encode_post
from mhkd.models.text import batch_posts
from mhkd.post import Post
from tests.analysed import LONG, TEXT
from tests.cancelling import CancelAfter
from tests.tiny import LABELS, tone
from tests.unchanged import fingerprint


def test_every_model_answers_with_probabilities(whole: Analysis) -> None:
    for name in MODELS:
        prediction = whole.predictions[name]
        assert prediction is not None
        assert list(prediction.probabilities) == list(LABELS)
        assert sum(prediction.probabilities.values()) == pytest.approx(1)
    assert whole.given.audio.origin == "recorded"
    assert whole.given.audio.seconds == whole.given.audio.seconds_heard == pytest.approx(3.0)
    assert whole.given.audio.padding_s == pytest.approx(7.0)
    assert whole.given.characters == len(TEXT)


def test_probabilities_are_the_models_own(analyser: Analyser, whole: Analysis) -> None:
    member = analyser._members.student
    batch = batch_posts([encode_post(member.tokenizer, TEXT)], 0, torch.device("cpu"))
    with torch.no_grad():
        expected = (member.model(batch)[0].double() / 1.5).softmax(-1)
    student = whole.predictions["student"]
    assert student is not None
    assert list(student.probabilities.values()) == pytest.approx(expected.tolist(), abs=1e-5)


def test_teachers_are_the_mean_and_full_is_theirs(whole: Analysis) -> None:
    contributions = whole.teacher_contributions
    assert contributions is not None
    for label in LABELS:
        each = [whole.predictions[name].probabilities[label] for name in TEACHERS]
        assert whole.predictions["teachers"].probabilities[label] == pytest.approx(np.mean(each))
    assert contributions.full == whole.predictions["teachers"].probabilities[contributions.target]
    added = sum(contributions.shapley[name] for name in TEACHERS)
    assert added == pytest.approx(contributions.full - contributions.empty, abs=1e-9)
    neutral, together = contributions.neutral, contributions.interactions
    assert neutral is not None and neutral.residual < 1e-6
    assert together is not None and together.residual < 1e-6 and len(together.pairs) == 3


def test_divergence_is_against_the_student(whole: Analysis) -> None:
    student = list(whole.predictions["student"].probabilities.values())
    for name in (*TEACHERS, "teachers"):
        other = list(whole.predictions[name].probabilities.values())
        assert whole.divergence_bits[name] == divergence_bits(other, student)


def test_the_target_is_the_students_label_unless_it_is_named(
    analyser: Analyser, whole: Analysis
) -> None:
    probabilities = whole.predictions["student"].probabilities
    best = max(probabilities, key=probabilities.__getitem__)
    other = next(label for label in LABELS if label != best)
    assert whole.attributions.student.target == whole.teacher_contributions.target == best
    named = analyser.analyse(Post(TEXT), target=other, speak=False, explain="words")
    assert named.attributions.student.target == named.teacher_contributions.target == other
    assert named.predictions["student"] == whole.predictions["student"]


def test_json_has_every_key_and_null_for_what_is_absent(
    analyser: Analyser, whole: Analysis
) -> None:
    plain = json.loads(json.dumps(whole.to_json(), allow_nan=False))
    bare = json.loads(
        json.dumps(analyser.analyse(Post(TEXT), explain="none", speak=False).to_json())
    )
    assert set(plain) == set(bare)
    assert set(bare["predictions"]) == set(MODELS)
    assert set(bare["divergence_bits"]) == {*TEACHERS, "teachers"}
    assert bare["attributions"] == dict.fromkeys(
        ("student", "text", "emotion", "audio", "counterfactual")
    )
    assert set(bare["read"]) == {"student", "text", "emotion", "audio"}
    assert bare["predictions"]["audio"] is None
    assert bare["divergence_bits"]["audio"] is None
    assert bare["contributions"]["teachers"]["shapley"]["audio"] is None
    assert bare["input"]["audio"] == {
        "origin": "none",
        "seconds": 0.0,
        "seconds_heard": 0.0,
        "padding_s": 0.0,
    }
    assert "audio_left_out" not in [finding["code"] for finding in bare["quality"]]
    assert set(plain["versions"]) == {"mhkd", "torch", "transformers", "captum", "python"}


def test_explanations_asked_for(analyser: Analyser, whole: Analysis) -> None:
    everything = whole.attributions
    assert None not in (everything.student, everything.text, everything.emotion, everything.audio)
    words = analyser.analyse(Post(TEXT, tone(1.0)), explain="words").attributions
    assert words.audio is None
    assert None not in (words.student, words.text, words.emotion)


def test_the_same_post_gives_the_same_analysis(analyser: Analyser, whole: Analysis) -> None:
    again = analyser.analyse(Post(TEXT, tone(3.0)))
    assert replace(again, timing_ms={}) == replace(whole, timing_ms={})


def test_explain_gives_what_analyse_gives(analyser: Analyser, whole: Analysis) -> None:
    target = whole.teacher_contributions.target
    post = Post(TEXT, tone(3.0))
    for model in ("student", "text", "emotion", "audio"):
        found = analyser.explain(post, model, target)
        assert found == getattr(whole.attributions, model)


def test_every_explanation_can_be_measured(analyser: Analyser, whole: Analysis) -> None:
    given, post = whole.attributions, Post(TEXT, tone(3.0))
    samples = tone(6.0)
    audio = analyser.explain(Post(TEXT, samples), "audio", "suicide")
    assert given.student is not None and given.text is not None and given.emotion is not None
    assert audio is not None
    for model, found, asked in (
        ("student", given.student, post),
        ("text", given.text, post),
        ("emotion", given.emotion, post),
        ("audio", audio, Post(TEXT, samples)),
    ):
        measured = analyser.measure_fidelity(asked, model, found)
        assert 0 <= measured.infidelity <= measured.infidelity_of_none
        assert (measured.sensitivity is None) == is_occlusion(found)
    with pytest.raises(InputError, match="such an explanation"):
        analyser.measure_fidelity(post, "audio", given.student)
    with pytest.raises(InputError, match="such an explanation"):
        analyser.measure_fidelity(post, "teachers", given.student)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="too few parts"):
        analyser.measure_fidelity(post, "audio", given.audio)  # six stretches
    with pytest.raises(InputError, match="another recording"):
        analyser.measure_fidelity(Post(TEXT), "audio", audio)
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        analyser.measure_fidelity(post, "emotion", given.emotion, cancel=cancel)


def test_the_models_are_unchanged(analyser: Analyser) -> None:
    members = analyser._members
    models = [members.text.model, members.audio.model, members.emotion.model, members.student.model]
    post = Post(TEXT, tone(1.0))
    analyser.analyse(post, explain="none")  # the first passes of all leave transformers' hooks
    before = [fingerprint(model) for model in models]
    analyser.analyse(post)
    with pytest.raises(Cancelled):
        analyser.analyse(Post(LONG, tone(1.0)), cancel=CancelAfter(30))
    assert [fingerprint(model) for model in models] == before


def test_progress(analyser: Analyser) -> None:
    heard: list[Progress] = []
    found = analyser.analyse(Post(TEXT, tone(1.0)), on_progress=heard.append)
    begun = [p.stage for p in heard if p.share is None]
    assert begun == [
        "student", "text", "audio", "emotion", "voice",
        "explaining student", "explaining emotion", "explaining text", "explaining audio",
        "removing words", "checking student", "checking emotion", "checking text", "checking audio",
        "done",
    ]  # fmt: skip
    assert [p.fraction for p in heard] == sorted(p.fraction for p in heard)
    assert {p.stage for p in heard if p.share is not None} == {"checking audio"}
    assert all(p.partial is None for p in heard[:4])
    assert heard[4].partial.predictions == found.predictions
    assert heard[4].partial.attributions.student is None
    first = found.attributions.student
    assert first is not None and first.trust is not None
    assert heard[6].partial.attributions.student == replace(
        first, trust=None, other_baseline=None, masked=()
    )
    assert heard[6].partial.attributions.text is None
    assert heard[0].student is None and heard[1].student == found.predictions["student"]
    assert heard[-1].partial is found and heard[-1].fraction == 1.0


@pytest.mark.parametrize("stage", ["student", "text", "audio", "emotion", "explaining text"])
def test_cancel_during_a_stage(analyser: Analyser, stage: str) -> None:
    cancel = threading.Event()

    def stop(progress: Progress) -> None:
        if progress.stage == stage:
            cancel.set()
        assert progress.stage != "done"

    with pytest.raises(Cancelled):
        analyser.analyse(Post(TEXT, tone(1.0)), on_progress=stop, cancel=cancel)
    assert analyser.analyse(Post(TEXT), explain="none", speak=False).labels == LABELS


def test_cancel_before_the_call(analyser: Analyser) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        analyser.analyse(Post(TEXT), cancel=cancel)


def test_callers_wait_for_each_other(analyser: Analyser, whole: Analysis) -> None:
    found: list[Analysis] = []
    waiting: list[int] = []

    def ask() -> None:
        found.append(analyser.analyse(Post(TEXT, tone(3.0)), explain="none"))

    def look(progress: Progress) -> None:
        if progress.stage == "text":
            for caller in callers:
                caller.start()
            deadline = time.monotonic() + 10
            while analyser.waiting < len(callers) and time.monotonic() < deadline:
                time.sleep(0.01)
            waiting.append(analyser.waiting)

    callers = [threading.Thread(target=ask) for _ in range(3)]
    analyser.analyse(Post(TEXT, tone(1.0)), explain="none", on_progress=look)
    for caller in callers:
        caller.join()
    assert waiting == [3] and analyser.waiting == 0
    assert [analysis.predictions for analysis in found] == [whole.predictions] * 3


@pytest.mark.parametrize("text", ["", " \n\t", "a", "x" * 200_000])
def test_text_that_is_refused(analyser: Analyser, text: str) -> None:
    with pytest.raises(InputError):
        analyser.analyse(Post(text))


@pytest.mark.parametrize("text", [f"\x00{TEXT}", f"{TEXT}\ud800", "tired " * 2])
def test_text_that_is_odd_but_answered(analyser: Analyser, text: str) -> None:
    found = analyser.analyse(Post(text), speak=False)
    assert json.dumps(found.to_json(), allow_nan=False)
    assert all(text[w.start : w.end] == w.text for w in found.attributions.student.words)


def test_unknown_options(analyser: Analyser) -> None:
    with pytest.raises(InputError, match="depression, suicide"):
        analyser.analyse(Post(TEXT), target="joy")
    with pytest.raises(InputError, match="none, words, all"):
        analyser.analyse(Post(TEXT), explain="some")  # type: ignore[arg-type]
    with pytest.raises(InputError):
        analyser.explain(Post(TEXT), "teachers", "suicide")  # type: ignore[arg-type]
    with pytest.raises(InputError):
        analyser.predict_texts([TEXT], ("nobody",))
    with pytest.raises(InputError):
        analyser.predict_texts([])


def test_a_damaged_bundle_is_refused(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in folder.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    weights = copy / "student.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    with pytest.raises(BundleError, match="student.safetensors"):
        Analyser.open(copy)
