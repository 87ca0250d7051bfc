"""What goes over the wire comes back the same."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from mhkd.analyser import Analyser
from mhkd.analysis import Fidelity, Progress
from mhkd.errors import MhkdError
from mhkd.post import Post, Recording, SpokenWord
from mhkd.remote.wire import (
    Sound,
    read_analysis,
    read_attribution,
    read_progress,
    read_sound,
    read_tokens,
    write_progress,
    write_sound,
    write_tokens,
)
from tests.tiny import POST, build_tiny_bundle, tone


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> list[Progress]:
    analyser = Analyser.open(build_tiny_bundle(tmp_path_factory.mktemp("wired")), device="cpu")
    found: list[Progress] = []
    analyser.analyse(Post(POST, tone(2.0)), on_progress=found.append)
    return found


def test_an_analysis_comes_back_equal(heard: list[Progress]) -> None:
    analysis = heard[-1].partial
    assert analysis is not None and analysis.attributions.audio is not None
    back = read_analysis(json.loads(json.dumps(analysis.to_json(), allow_nan=False)))
    assert back == analysis


def test_every_stage_comes_back_equal(heard: list[Progress]) -> None:
    for progress in heard:
        plain = json.loads(json.dumps(write_progress(progress, with_sound=True)))
        back = read_progress(plain)
        assert (back.stage, back.fraction, back.partial) == (
            progress.stage, progress.fraction, progress.partial)  # fmt: skip
        assert (back.student, back.familiarity) == (progress.student, progress.familiarity)
        assert back.share == progress.share
        assert (back.recording is None) == (progress.recording is None)


def test_the_share_of_a_stage_is_told_and_an_older_service_tells_none(
    heard: list[Progress],
) -> None:
    shares = [(told.stage, told.share) for told in heard if told.share is not None]
    assert {stage for stage, _ in shares} == {"checking audio"}
    assert all(0 < share <= 1 for _, share in shares)
    plain = write_progress(heard[0], with_sound=False)
    del plain["share"]
    assert read_progress(plain).share is None


def test_explanations_come_back_equal(heard: list[Progress]) -> None:
    attributions = heard[-1].partial.attributions
    plain = heard[-1].partial.to_json()["attributions"]
    for model in ("student", "text", "emotion", "audio"):
        assert read_attribution(model, plain[model]) == getattr(attributions, model)
    assert read_attribution("audio", None) is None


@pytest.mark.parametrize("model", ["student", "text", "emotion", "audio"])
def test_what_was_measured_comes_back_and_may_be_missing(heard: list[Progress], model: str) -> None:
    assert heard[-1].partial is not None
    found = getattr(heard[-1].partial.attributions, model)
    measured = dataclasses.replace(found, fidelity=Fidelity(0.02, 0.1, 20, None, 0, 0.0))
    plain = json.loads(json.dumps(dataclasses.asdict(measured)))
    assert read_attribution(model, plain) == measured
    del plain["fidelity"]
    assert read_attribution(model, plain) == found


def test_counts_of_tokens_come_back_equal() -> None:
    counts = {"student": np.array([[1016, 2400], [3, 3]]), "text": np.array([[9, 9], [3, 3]])}
    back = read_tokens(json.loads(json.dumps(write_tokens(counts))))
    assert {model: found.tolist() for model, found in back.items()} == {
        model: found.tolist() for model, found in counts.items()
    }
    assert read_tokens({}) == {}


@pytest.mark.parametrize(
    "plain", [{"student": [1, 2]}, {"student": [["a", 1]]}, {"a": [[1], [1, 2]]}, []]
)
def test_counts_that_are_none_are_refused(plain: object) -> None:
    with pytest.raises(MhkdError, match="can't be read"):
        read_tokens(plain)


def test_sound_comes_back_to_the_bit() -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, 1000).astype(np.float32)
    words = (SpokenWord("so", 0.01, 0.02), SpokenWord("tired", 0.02, 0.04))
    sound = write_sound(Recording(samples, 22_050, "synthesised", ("incomplete",), words))
    back = read_sound(Sound.model_validate(json.loads(json.dumps(sound))))
    assert (back.samples == samples).all() and back.samples.dtype == np.float32
    assert (back.rate_hz, back.origin, back.findings) == (22_050, "synthesised", ("incomplete",))
    assert back.words == words


@pytest.mark.parametrize("times", [(0.2, 0.1), (-0.1, 0.1), (0.0, float("nan"))])
def test_words_out_of_order_are_refused(times: tuple[float, float]) -> None:
    spoken = Recording(
        np.zeros(100, np.float32), 16_000, "recorded", (), (SpokenWord("a", *times),)
    )
    with pytest.raises(MhkdError, match="never fall"):
        read_sound(Sound.model_validate(write_sound(spoken)))


@pytest.mark.parametrize("samples", [[], [np.nan], [np.inf], [1.5]])
def test_sound_that_is_none_is_refused(samples: list[float]) -> None:
    sound = write_sound(Recording(np.array(samples, np.float32), 16_000, "recorded"))
    with pytest.raises(MhkdError) as fault:
        read_sound(Sound.model_validate(sound))
    assert fault.value.code == "audio"
    with pytest.raises(MhkdError):
        read_sound(Sound(samples_base64="***", rate_hz=16_000))
