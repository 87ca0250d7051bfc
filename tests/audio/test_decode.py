"""Uploads become recordings, or are refused with what to do."""

from __future__ import annotations

import csv
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from mhkd import limits
from mhkd.audio import decode
from mhkd.audio.decode import read_recording
from mhkd.audio.quality import judge_recording
from mhkd.errors import AudioError, Cancelled
from tests.audio.making import make_tone, write_by_pyav, write_by_soundfile, write_wav

_LOSSLESS = (
    ("WAV", "PCM_U8", 2e-2),
    ("WAV", "PCM_16", 1e-4),
    ("WAV", "PCM_24", 1e-6),
    ("WAV", "PCM_32", 1e-6),
    ("WAV", "FLOAT", 1e-6),
    ("WAV", "DOUBLE", 1e-6),
    ("WAV", "ULAW", 2e-2),
    ("WAV", "ALAW", 2e-2),
    ("WAVEX", "PCM_16", 1e-4),
    ("FLAC", "PCM_16", 1e-4),
    ("AIFF", "PCM_16", 1e-4),
    ("AIFF", "FLOAT", 1e-6),
    ("CAF", "PCM_16", 1e-4),
)
_LOSSY = (
    ("OGG", "VORBIS"),
    ("OGG", "OPUS"),
    ("MP3", "MPEG_LAYER_III"),
)
_BY_PYAV = (
    ("mp4", "aac"),
    ("ipod", "aac"),
    ("adts", "aac"),
    ("webm", "libopus"),
    ("matroska", "libopus"),
    ("mp4", "alac"),
)


def _loudest_hz(samples: np.ndarray, rate_hz: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.fft.rfftfreq(len(samples), 1 / rate_hz)[spectrum.argmax()])


@pytest.mark.parametrize(("kind", "subtype", "tolerance"), _LOSSLESS)
def test_lossless_files_keep_their_samples(kind: str, subtype: str, tolerance: float) -> None:
    tone = make_tone()
    recording = read_recording(write_by_soundfile(tone, 16_000, kind, subtype))
    assert recording.rate_hz == 16_000
    assert recording.origin == "recorded"
    assert recording.findings == ()
    assert recording.samples.dtype == np.float32
    np.testing.assert_allclose(recording.samples, tone, atol=tolerance)


@pytest.mark.parametrize(("kind", "subtype"), _LOSSY)
def test_compressed_files_keep_pitch_and_length(kind: str, subtype: str) -> None:
    recording = read_recording(write_by_soundfile(make_tone(2.0, 48_000), 48_000, kind, subtype))
    assert recording.duration_s == pytest.approx(2.0, abs=0.1)
    assert _loudest_hz(recording.samples, recording.rate_hz) == pytest.approx(440, abs=2)
    assert recording.findings == ()


@pytest.mark.parametrize(("kind", "codec"), _BY_PYAV)
def test_phone_and_browser_files_keep_pitch_and_length(kind: str, codec: str) -> None:
    recording = read_recording(write_by_pyav(make_tone(2.0, 48_000), 48_000, kind, codec))
    assert recording.rate_hz == 48_000
    assert recording.duration_s == pytest.approx(2.0, abs=0.1)
    assert _loudest_hz(recording.samples, 48_000) == pytest.approx(440, abs=2)
    assert recording.findings == ()


def test_channels_are_averaged() -> None:
    tone = make_tone()
    both = np.stack([tone, np.zeros_like(tone)], axis=1)
    recording = read_recording(write_by_soundfile(both, 16_000, "WAV", "FLOAT"))
    np.testing.assert_allclose(recording.samples, tone / 2, atol=1e-6)


def test_samples_are_clipped_to_full_scale() -> None:
    recording = read_recording(write_by_soundfile(make_tone() * 4, 16_000, "WAV", "FLOAT"))
    assert np.abs(recording.samples).max() == 1.0


def test_samples_can_be_written_to() -> None:
    recording = read_recording(write_by_soundfile(make_tone(), 16_000, "WAV"))
    assert recording.samples.flags.writeable


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e38])
def test_values_that_are_no_sound_are_refused(bad: float) -> None:
    samples = make_tone()
    samples[8_000] = bad
    with pytest.raises(AudioError, match="16-bit WAV"):
        read_recording(write_by_soundfile(samples, 16_000, "WAV", "FLOAT"))


def test_empty_and_oversized_uploads_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AudioError, match="empty"):
        read_recording(b"")
    monkeypatch.setattr(limits, "MAX_UPLOAD_BYTES", 1_000)
    with pytest.raises(AudioError, match="MB"):
        read_recording(write_by_soundfile(make_tone(), 16_000, "WAV"))


def test_a_file_of_no_frames_is_refused() -> None:
    with pytest.raises(AudioError, match="0 samples"):
        read_recording(write_wav(b""))


def test_one_sample_decodes() -> None:
    assert len(read_recording(write_wav(b"\x00\x10")).samples) == 1


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "MP3", "OGG"])
def test_a_cut_file_is_incomplete(kind: str) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 44_100 * 4)
    whole = write_by_soundfile(noise, 44_100, kind)
    recording = read_recording(whole[: len(whole) * 6 // 10])
    assert recording.findings == ("incomplete",)
    assert 0.5 < recording.duration_s < 3.9


@pytest.mark.parametrize(
    ("kind", "codec", "movflags"),
    [
        ("mp4", "aac", "faststart"),
        ("mp4", "aac", "frag_keyframe+empty_moov"),  # as browsers record it
        ("webm", "libopus", ""),
    ],
)
def test_a_cut_phone_or_browser_file_is_incomplete(kind: str, codec: str, movflags: str) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 48_000 * 4).astype(np.float32)
    whole = write_by_pyav(noise, 48_000, kind, codec, movflags=movflags)
    assert read_recording(whole).findings == ()
    recording = read_recording(whole[: len(whole) * 6 // 10])
    assert recording.findings == ("incomplete",)
    assert 0.5 < recording.duration_s < 3.9


def test_an_mp4_without_index_is_refused() -> None:
    whole = write_by_pyav(make_tone(2.0, 48_000), 48_000, "mp4", "aac")
    with pytest.raises(AudioError, match="no index"):
        read_recording(whole[: len(whole) // 2])


def test_a_streamed_wav_whose_size_was_never_written_is_read_to_its_end() -> None:
    body = (make_tone() * 32_767).astype("<i2").tobytes()
    recording = read_recording(write_wav(body, data_size=0, riff_size=0))
    assert recording.duration_s == pytest.approx(1.0)
    assert recording.findings == ("incomplete",)


def test_a_codec_is_refused_inside_an_accepted_container() -> None:
    ac3 = write_by_pyav(make_tone(1.0, 48_000), 48_000, "matroska", "ac3")
    with pytest.raises(AudioError, match="Convert it to WAV, MP3 or M4A"):
        read_recording(ac3)


def test_a_long_recording_is_refused_before_it_is_decoded_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "MAX_AUDIO_S", 2.0)
    declared = write_by_soundfile(make_tone(3.0), 16_000, "FLAC")
    undeclared = write_by_soundfile(make_tone(3.0), 16_000, "MP3")
    for file in (declared, undeclared):
        with pytest.raises(AudioError, match="longer"):
            read_recording(file)


def test_no_more_samples_are_held_than_speech_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_SAMPLES", 48_000)
    kept = write_by_soundfile(make_tone(1.0, 48_000), 48_000, "FLAC")
    assert read_recording(kept).duration_s == pytest.approx(1.0)
    with pytest.raises(AudioError, match="at 48 kHz or less"):
        read_recording(write_by_soundfile(make_tone(1.0, 192_000), 192_000, "WAV"))


def test_few_recordings_are_decoded_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    slots, cancel = threading.BoundedSemaphore(1), threading.Event()
    monkeypatch.setattr(decode, "_SLOTS", slots)
    file = write_by_soundfile(make_tone(1.0), 16_000, "FLAC")
    slots.acquire()
    threading.Timer(0.3, cancel.set).start()
    with pytest.raises(Cancelled):
        read_recording(file, cancel=cancel)
    slots.release()
    assert read_recording(file).duration_s == pytest.approx(1.0)
    assert slots.acquire(blocking=False), "a place is given back"


def test_the_child_is_held_to_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    short = write_by_soundfile(np.zeros(8_000 * 10, np.int16), 8_000, "FLAC")
    long = write_by_soundfile(np.zeros(96_000 * 590, np.int16), 96_000, "FLAC")  # 227 MB decoded
    monkeypatch.setattr(limits, "DECODE_MEMORY_BYTES", 300 * 2**20)
    monkeypatch.setattr(limits, "MAX_SAMPLES", 10**9)
    assert read_recording(short).duration_s == 10
    with pytest.raises(AudioError, match="more memory"):
        read_recording(long)


def _read_manifest() -> list[dict[str, str]]:
    folder = os.environ.get("MHKD_CORPUS")
    if folder is None:
        return []
    with (Path(folder) / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


_CORPUS = _read_manifest()


@pytest.mark.skipif(not _CORPUS, reason="MHKD_CORPUS names no folder with a manifest.csv")
@pytest.mark.parametrize("row", _CORPUS, ids=[row["path"] for row in _CORPUS])
def test_corpus_file_gives_what_its_manifest_says(row: dict[str, str]) -> None:
    data = (Path(os.environ["MHKD_CORPUS"]) / row["path"]).read_bytes()
    try:
        recording = read_recording(data)
    except AudioError as refusal:
        assert row["outcome"] != "decode", refusal.public_message
        assert len(refusal.public_message.split()) > 8
        return
    assert row["outcome"] != "reject"
    assert np.isfinite(recording.samples).all()
    assert np.abs(recording.samples).max() <= 1.0
    about_content = {"noisy", "no_voice", "little_speech", "mostly_pause"}  # not in the manifest
    codes = {finding.code for finding in judge_recording(recording)} - about_content
    if row["outcome"] == "decode":
        assert codes == ({row["finding"]} if row["finding"] else set())
    else:
        # An "either" file that was decoded whole has nothing to report.
        assert codes <= {"incomplete"}
        assert codes or recording.duration_s > 2.5
