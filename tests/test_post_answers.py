"""What is read and heard of a post, and what is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from mhkd.analyser import Analyser
from mhkd.analysis import Analysis
from mhkd.audio.transcribe import FOLDER_VARIABLE, Transcript, say_how_to_get_it
from mhkd.bundle import MANIFEST, save_manifest
from mhkd.errors import TranscriberError
from mhkd.manifest import Manifest
from mhkd.models.backbones import load_text_backbone
from mhkd.models.encoded import encode_post
from mhkd.models.members import FAMILIARITY_FILE
from mhkd.models.storage import load_weights
from mhkd.post import Post, Recording, SpokenWord
from tests.analysed import LONG, TEXT, list_codes
from tests.tiny import tone


@pytest.mark.parametrize(
    ("samples", "code"),
    [(np.zeros(16_000, np.float32), "no_speech"), (tone(0.05).samples, "too_short")],
)
def test_a_recording_without_speech_leaves_the_audio_teacher_out(
    analyser: Analyser, samples: np.ndarray, code: str
) -> None:
    found = analyser.analyse(Post(TEXT, Recording(samples, 16_000, "recorded")))
    assert code in list_codes(found) and "audio_left_out" in list_codes(found)
    assert found.predictions["audio"] is None and found.attributions.audio is None
    assert found.teacher_contributions.shapley["audio"] is None
    assert found.given.audio.origin == "recorded" and found.given.audio.seconds_heard == 0
    both = [found.predictions[name].probabilities["suicide"] for name in ("text", "emotion")]
    assert found.predictions["teachers"].probabilities["suicide"] == pytest.approx(np.mean(both))


def test_a_post_is_spoken(analyser: Analyser) -> None:
    spoken = analyser.speak(TEXT)
    assert spoken is not None and spoken.origin == "synthesised"
    found = analyser.analyse(Post(TEXT), explain="none")
    given = analyser.analyse(Post(TEXT, spoken), explain="none")
    assert found.given.audio.origin == given.given.audio.origin == "synthesised"
    assert found.predictions == given.predictions
    assert "speaking" in found.timing_ms and "speaking" not in given.timing_ms


def test_what_no_voice_can_say_is_left_out(
    analyser: Analyser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mhkd.post_answers.speak_post", lambda *_, **__: None)
    found = analyser.analyse(Post(TEXT))
    assert found.given.audio.origin == "none"
    assert "audio_left_out" in list_codes(found)
    assert found.predictions["audio"] is None and found.attributions.audio is None


def test_a_long_post_is_read_in_part(analyser: Analyser) -> None:
    found = analyser.analyse(Post(LONG), explain="none", speak=False)
    read = found.read["student"]
    assert read.tokens_read < read.tokens_total
    (message,) = [f.message for f in found.quality if f.code == "truncated"]
    assert f"{read.tokens_read:,}" in message


def test_a_long_recording_is_heard_in_part(analyser: Analyser) -> None:
    found = analyser.analyse(Post(TEXT, tone(32.0, rate_hz=8_000)), explain="none")
    assert found.given.audio.seconds == pytest.approx(32.0)
    assert found.given.audio.seconds_heard == pytest.approx(30.0)
    assert found.given.audio.padding_s == 0


def test_an_unfamiliar_post(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in folder.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    manifest = Manifest.model_validate_json((copy / MANIFEST).read_text("utf-8"))
    near = manifest.familiarity.model_copy(update={"threshold": 1e-6})
    save_manifest(manifest.model_copy(update={"familiarity": near}), copy)
    found = Analyser.open(copy, device="cpu").analyse(Post(TEXT), explain="none", speak=False)
    assert found.familiarity.outside and "unfamiliar" in list_codes(found)


def test_familiarity_is_measured_by_the_untrained_backbone(
    analyser: Analyser, folder: Path, whole: Analysis
) -> None:
    """Against the last states of the student's backbone as ``transformers`` gives them."""
    backbone = load_text_backbone(analyser.manifest.student.backbone)
    post = encode_post(backbone.tokenizer, TEXT)
    with torch.no_grad():
        states = backbone.encoder(
            input_ids=post.input_ids, attention_mask=post.attention_mask
        ).last_hidden_state
    mean = states[post.attention_mask.bool()].mean(0)
    centre = load_weights(folder / FAMILIARITY_FILE)["centre"]
    distance = 1 - float(torch.nn.functional.cosine_similarity(mean, centre, dim=0))
    assert whole.familiarity.distance == pytest.approx(distance, abs=1e-5)


def test_a_recorded_voice_is_measured_and_a_spoken_one_is_not(analyser: Analyser) -> None:
    recorded = analyser.analyse(Post(TEXT, tone(4.0)), explain="none")
    spoken = analyser.analyse(Post(TEXT), explain="none")
    assert "unlike_training_voices" in list_codes(recorded)
    assert "unlike_training_voices" not in list_codes(spoken)
    assert spoken.voice is None and spoken.to_json()["voice"] is None
    pytest.importorskip("parselmouth", reason="praat-parselmouth is not installed")
    assert recorded.voice is not None
    assert recorded.voice.measures["f0_mean"].value == pytest.approx(140, rel=0.02)


@pytest.mark.parametrize(
    ("heard", "code"),
    [(TEXT, None), ("the weather will stay dry in the north all week", "text_differs")],
)
def test_a_recording_of_another_text_is_told(
    analyser: Analyser, monkeypatch: pytest.MonkeyPatch, heard: str, code: str | None
) -> None:
    words = (SpokenWord("one", 0.2, 0.9), SpokenWord("two", 1.1, 1.8))
    transcript = Transcript(heard, "en", 4.0, whole=True, model="a", words=words)
    monkeypatch.setattr("mhkd.post_answers.write_down", lambda *_, timed: transcript)
    monkeypatch.setattr("mhkd.post_stages.find_transcriber", lambda: Path("a"))
    stages: list[str] = []
    found = analyser.analyse(Post(TEXT, tone(2.0)), on_progress=lambda p: stages.append(p.stage))
    assert "matching" in stages
    assert [c for c in list_codes(found) if c.startswith("text_")] == ([code] if code else [])
    sound = found.attributions.audio
    assert sound is not None and [part.text for part in sound.segments] == ["one", "two"]
    assert sound.segments[0].end_s == pytest.approx(1.0), "the middle of the pause"
    spoken: list[str] = []
    analyser.analyse(Post(TEXT), on_progress=lambda p: spoken.append(p.stage))
    assert "matching" not in spoken


def test_a_transcriber_that_fails_costs_no_answer(
    analyser: Analyser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(recording: Recording, cancel: object, *, timed: bool) -> Transcript:
        raise TranscriberError("The Whisper model can't be opened.")

    monkeypatch.setattr("mhkd.post_answers.write_down", fail)
    monkeypatch.setattr("mhkd.post_stages.find_transcriber", lambda: Path("a"))
    found = analyser.analyse(Post(TEXT, tone(2.0)))
    assert "text_not_compared" in list_codes(found)
    assert found.predictions["audio"] is not None


@pytest.mark.parametrize("heard", [TEXT, "the weather will stay dry in the north all week", "the"])
def test_a_recording_known_to_be_of_another_text_is_told_once(
    analyser: Analyser, monkeypatch: pytest.MonkeyPatch, heard: str
) -> None:
    post = Post(TEXT, tone(2.0), recording_of_other_text=True)
    alone = analyser.analyse(post, explain="none")
    _transcribe(monkeypatch, heard)
    found = analyser.analyse(post, explain="none", compare_recording=True)
    assert "matching" in found.timing_ms
    for codes in (list_codes(alone), list_codes(found)):
        assert codes.count("recording_of_other_text") == 1
        assert not {"text_differs", "text_not_compared"} & set(codes)
    assert found.predictions == alone.predictions and not found.abstained


def test_what_is_not_heard_is_of_no_other_text(analyser: Analyser) -> None:
    silent = Recording(np.zeros(16_000, np.float32), 16_000, "recorded")
    for post in (
        Post(TEXT, silent, recording_of_other_text=True),
        Post(TEXT, recording_of_other_text=True),  # spoken from the text as it is
    ):
        assert "recording_of_other_text" not in list_codes(analyser.analyse(post, explain="none"))


def test_comparing_does_not_wait_for_explanations(
    analyser: Analyser, monkeypatch: pytest.MonkeyPatch
) -> None:
    _transcribe(monkeypatch, "the weather will stay dry in the north all week")
    post = Post(TEXT, tone(2.0))
    assert "text_differs" not in list_codes(analyser.analyse(post, explain="none"))
    for explain in ("none", "words"):
        found = analyser.analyse(post, explain=explain, compare_recording=True)
        assert list_codes(found).count("text_differs") == 1
    left = analyser.analyse(post, compare_recording=False)
    assert "text_differs" not in list_codes(left) and "matching" not in left.timing_ms


@pytest.mark.parametrize(
    ("heard", "differs"),
    [(TEXT, False), ("the weather will stay dry in the north all week", True), ("so", None)],
)
def test_a_recording_that_is_heard_alone_is_compared_where_asked(
    analyser: Analyser, monkeypatch: pytest.MonkeyPatch, heard: str, differs: bool | None
) -> None:
    _transcribe(monkeypatch, heard)
    post = Post(TEXT, tone(2.0))
    plain, found = analyser.hear(post), analyser.hear(post, compare=True)
    assert plain.text_differs is None and found.text_differs is differs
    assert found.probabilities == plain.probabilities
    assert ("text_differs" in {finding.code for finding in found.findings}) is bool(differs)


def test_without_a_transcriber_a_recording_is_not_compared(
    analyser: Analyser, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert analyser.missing_transcriber == say_how_to_get_it()
    found = analyser.hear(Post(TEXT, tone(2.0)), compare=True)
    assert found.text_differs is None and found.probabilities is not None


def _transcribe(monkeypatch: pytest.MonkeyPatch, heard: str) -> None:
    transcript = Transcript(heard, "en", 2.0, whole=True, model="a")
    monkeypatch.setattr("mhkd.post_answers.write_down", lambda *_, timed: transcript)
    monkeypatch.setattr("mhkd.post_stages.find_transcriber", lambda: Path("a"))
