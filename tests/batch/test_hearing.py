"""Rows with recordings: a real ZIP, the real decoder, a predictor that answers by loudness."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mhkd.batch.answer_file import Choice, answer_file
from mhkd.batch.archive import open_archive
from mhkd.batch.measured import pick_labelled
from mhkd.batch.output import collect_answers, tabulate_answers
from mhkd.batch.posts import Columns, check_posts, guess_recording
from mhkd.batch.run import BatchRun
from mhkd.batch.sounds import RowSound, Sounds, name_sounds
from mhkd.batch.table import PostTable
from mhkd.errors import Cancelled, InputError
from tests.audio.making import make_tone, write_by_soundfile
from tests.batch.answering import ExamplePredictor
from tests.batch.test_recordings import pack

LABELS = ExamplePredictor.labels


def wav(level, seconds=1.0):
    return write_by_soundfile(make_tone(seconds, level=level), 16_000, "WAV")


FILES = {
    "a/loud.wav": wav(0.75),
    "soft.wav": wav(0.25, seconds=2.0),
    "quiet.wav": wav(0.0),
    "odd.wav": wav(1.0),
    "torn.wav": wav(0.5)[:20],
    "other.txt": b"no sound at all",
}
NAMES = ["loud.wav", "", "soft.wav", "quiet.wav", "torn.wav", "gone.wav", "odd.wav", "other.txt"]


def run_of(names, models=("student", "text", "audio"), files=None, **more):
    table = PostTable(
        "", {"text": [f"some words {n}" for n in range(len(names))], "file": names}, ()
    )
    posts = check_posts(table, Columns("text", recording="file"), LABELS)
    recordings = open_archive(io.BytesIO(pack(files or FILES)))
    return BatchRun(posts, LABELS, models, recordings=recordings, **more)


def test_each_row_gets_the_answer_to_its_own_recording():
    run = run_of(NAMES)
    run.advance(ExamplePredictor())
    assert run.finished and not run.faults
    audio = run.probabilities["audio"][:, 1]
    assert audio[[0, 2]] == pytest.approx([0.75, 0.25], abs=1e-3)
    assert np.isnan(audio[[1, 3, 4, 5, 6, 7]]).all()
    assert not np.isnan(run.probabilities["student"]).any()
    assert [sound.origin for sound in run.sounds] == ["recorded", "none", "recorded"] + ["none"] * 5
    assert run.sounds[0] == RowSound("recorded", 1.0, None, ("little_speech",), 1.0)
    assert run.sounds[2].heard_s == 2.0
    assert run.sounds[1] == RowSound("none")  # no recording, and no fault
    told = dict(run.sounds.list_faults())
    assert list(told) == [4, 5, 6, 7, 8]
    assert "silent" in told[4] and "no recording of this name" in told[6]
    assert "could not judge" in told[7]
    assert not any("wav" in reason and "gone" in reason for reason in told.values())
    assert run.sounds.count_findings() == {"little_speech": 2}


def test_the_mean_is_of_the_teachers_that_answered_the_row():
    run = run_of(NAMES)
    run.advance(ExamplePredictor())
    found = collect_answers(run)
    text, audio, mean = found["text"], found["audio"], found["teachers"]
    assert mean[0] == pytest.approx((text[0] + audio[0]) / 2)
    assert mean[1] == pytest.approx(text[1])
    table = tabulate_answers(run).to_pandas()
    assert table["teachers"].tolist()[:3] == ["text; audio", "text", "text; audio"]
    assert table["sound"].tolist()[:2] == ["recorded", "none"]
    assert table["sound_total_s"].tolist()[:3:2] == [1.0, 2.0] and table["sound_total_s"].isna()[1]
    assert table["sound_total_s"][3] == 1.0 and table["sound_s"].isna()[3]  # silent
    assert table["sound_s"][0] == 1.0 and table["sound_s"].isna()[1]
    assert table["sound_fault"].notna().tolist() == [False] * 3 + [True] * 5
    assert table["sound_findings"][0] == "little_speech"
    alone = run_of(NAMES, ("audio",))
    alone.advance(ExamplePredictor())
    assert alone.probabilities["audio"] == pytest.approx(run.probabilities["audio"], nan_ok=True)
    assert "teachers" not in collect_answers(alone)


def test_a_model_that_answered_no_row_does_not_empty_the_measures():
    run = run_of(["", ""])
    run.advance(ExamplePredictor())
    labelled = pick_labelled(collect_answers(run), np.array([0, 1]))
    assert len(labelled) == 2 and set(labelled.probabilities) == {"student", "text", "teachers"}


def test_without_recordings_each_post_is_spoken():
    table = PostTable("", {"text": ["some words", "mute ones", ""]}, ())
    run = BatchRun(check_posts(table, Columns("text"), LABELS), LABELS, ("audio",))
    run.advance(ExamplePredictor())
    assert [s and s.origin for s in run.sounds] == ["spoken", "none", None]
    assert run.sounds[0].heard_s == 2.5 and "No voice" in run.sounds[1].fault


def test_models_that_can_not_hear_at_all_are_not_blamed_on_the_recordings():
    run = run_of(["loud.wav", "soft.wav"], ("audio",))
    with pytest.raises(RuntimeError):
        run.advance(ExamplePredictor(broken=True))
    assert run.done == 0


def test_the_first_rows_foresee_recordings_further_down():
    names = [""] * 30 + ["loud.wav"] * 10 + ["gone.wav"] * 5
    run = run_of(names)
    analyser = ExamplePredictor()
    run.try_first(analyser)
    assert run.done == 6
    assert analyser.heard == [f"some words {n}" for n in (30, 30, 31, 32)]
    assert np.isnan(run.probabilities["audio"]).all() and run.sounds[30] is None
    texts_s = run.busy_s / run.busy_chars * sum(len(text) + 50 for text in run.posts.texts[6:])
    assert run.left_s == pytest.approx(texts_s + 10 * run.hearing_s / 3)
    run.advance(analyser)
    assert run.finished and run.left_s == 0


def test_a_cancelled_run_keeps_whole_rows_and_goes_on():
    names = ["loud.wav", "", "soft.wav"] * 6
    run = run_of(names)
    with pytest.raises(Cancelled):
        run.advance(ExamplePredictor(deaf_after=7))
    assert 0 < run.done < len(names)
    answered = ~np.isnan(run.probabilities["student"]).any(1)
    assert answered.sum() == run.done == sum(sound is not None for sound in run.sounds)
    run.advance(ExamplePredictor())
    whole = run_of(names)
    whole.advance(ExamplePredictor())
    assert run.probabilities["audio"] == pytest.approx(whole.probabilities["audio"], nan_ok=True)
    assert list(run.sounds) == list(whole.sounds)


def test_recordings_are_compared_with_their_texts_where_asked():
    run = run_of(NAMES, compare=True)
    run.advance(ExamplePredictor())
    table = tabulate_answers(run)
    told = table["text_differs"].to_pylist()
    assert told == [False, None, True, None, None, None, None, None]
    assert run.sounds.count_compared() == 2 and run.sounds.differing.tolist() == [
        answer is True for answer in told
    ]
    assert table["sound_findings"][2].as_py() == "little_speech; text_differs"
    plain = run_of(NAMES)
    plain.advance(ExamplePredictor())
    assert "text_differs" not in tabulate_answers(plain).column_names
    assert plain.sounds.count_compared() == 0
    for model, answers in plain.probabilities.items():
        assert run.probabilities[model] == pytest.approx(answers, nan_ok=True)


def test_sounds_come_back_from_their_arrays():
    found, back = Sounds(4), Sounds(4)
    found.note(0, RowSound("recorded", 1.0, None, (), 1.0, False))
    found.note(1, RowSound("recorded", 2.0, None, ("noisy", "clipped"), 5.0, True))
    found.note(2, RowSound("none", 0.0, "Torn."))
    back.take_arrays(found.to_arrays())
    assert list(back) == list(found) and back[3] is None
    assert back.count_origins() == {"recorded": 2, "spoken": 0, "none": 1}
    assert back.count_compared() == 2 and back.differing.tolist() == [False, True, False, False]
    assert back[1].cut and back.count_cut() == 1 and not back[2].cut
    arrays = found.to_arrays()
    older = Sounds(4)
    new = ("sound_total_s", "sound_differs")
    older.take_arrays({name: kept for name, kept in arrays.items() if name not in new})
    assert older[1] == RowSound("recorded", 2.0, None, ("noisy", "clipped"))
    for name, bad in (("sound_words", np.array(["one"])), ("sound_origin", np.zeros(3, np.int8))):
        with pytest.raises(ValueError, match="fit"):
            Sounds(4).take_arrays({**arrays, name: bad})
    with pytest.raises(KeyError):
        Sounds(4).take_arrays({})


def test_the_column_is_guessed_by_what_it_names():
    recordings = open_archive(io.BytesIO(pack(FILES)))
    columns = {"text": ["a"], "file": ["x.csv"], "clip": ["soft.wav"]}
    assert guess_recording(PostTable("", columns, ()), recordings) == "clip"
    assert guess_recording(PostTable("", {"text": [""], "Audio": [""]}, ()), recordings) == "Audio"
    assert guess_recording(PostTable("", {"text": ["a"]}, ()), recordings) is None


@pytest.fixture
def posts(tmp_path):
    file = tmp_path / "posts.csv"
    names = NAMES * 4
    pd.DataFrame({"text": [f"words {n}" for n in range(32)], "clip": names}).to_csv(
        file, index=False
    )
    (tmp_path / "sounds.zip").write_bytes(pack(FILES))
    return file


def test_a_broken_file_of_recordings_goes_on(posts, tmp_path):
    out, whole = tmp_path / "out.parquet", tmp_path / "whole.parquet"
    choice = Choice(models=("student", "audio"), recordings=tmp_path / "sounds.zip")
    with pytest.raises(Cancelled):
        answer_file(ExamplePredictor(deaf_after=9, limit=0.08), posts, out, choice)
    partial = (tmp_path / "out.parquet.partial").read_bytes()
    assert b"loud" not in partial
    again = ExamplePredictor(limit=0.08)
    found = answer_file(again, posts, out, choice)
    assert found.resumed > 0 and len(again.heard) < 16
    assert found.sounds == {"recorded": 8, "spoken": 0, "none": 24}
    assert len(found.sound_faults) == 20 and found.outside == 0
    answer_file(ExamplePredictor(limit=0.08), posts, whole, choice)
    pd.testing.assert_frame_equal(pd.read_parquet(out), pd.read_parquet(whole))


def test_a_file_is_compared_and_that_is_another_run(posts, tmp_path):
    out = tmp_path / "out.csv"
    choice = Choice(models=("audio",), recordings=tmp_path / "sounds.zip", compare=True)
    with pytest.raises(Cancelled):
        answer_file(ExamplePredictor(deaf_after=9), posts, out, choice)
    with pytest.raises(InputError, match="another"):
        answer_file(ExamplePredictor(), posts, out, replace(choice, compare=False))
    found = answer_file(ExamplePredictor(), posts, out, choice)
    assert found.resumed and (found.compared, found.differing) == (8, 4)
    told = pd.read_csv(out)["text_differs"]
    assert (told == True).sum() == (told == False).sum() == 4  # noqa: E712, empty is neither
    plain = answer_file(ExamplePredictor(), posts, out, replace(choice, compare=False))
    assert plain.compared is None and "text_differs" not in pd.read_csv(out)


def test_nothing_is_compared_without_a_transcriber(posts, tmp_path):
    analyser = ExamplePredictor()
    analyser.missing_transcriber = "Recordings are written down by what is not there."
    choice = Choice(models=("audio",), recordings=tmp_path / "sounds.zip", compare=True)
    with pytest.raises(InputError, match="what is not there"):
        answer_file(analyser, posts, tmp_path / "out.csv", choice)
    assert not analyser.heard


def test_other_recordings_are_another_run(posts, tmp_path):
    place = tmp_path / "sounds.zip"
    choice = Choice(models=("audio",), recordings=place)
    with pytest.raises(Cancelled):
        answer_file(ExamplePredictor(deaf_after=9), posts, tmp_path / "o.csv", choice)
    place.write_bytes(pack({**FILES, "soft.wav": wav(0.3)}))
    with pytest.raises(InputError, match="another"):
        answer_file(ExamplePredictor(), posts, tmp_path / "o.csv", choice)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"models": ("student",), "recordings": "sounds.zip"}, "audio teacher"),
        ({"recording": "clip"}, "none were given"),
        ({"compare": True}, "no recordings to compare"),
        ({"recordings": "sounds.zip", "recording": "nope"}, "no column"),
        ({"recordings": "posts.csv"}, "ZIP"),
        ({"recordings": "nowhere.zip"}, "read"),
    ],
)
def test_refusals(posts, tmp_path, more, told):
    more = {"models": ("audio",), **more}
    if "recordings" in more:
        more["recordings"] = tmp_path / more["recordings"]
    with pytest.raises(InputError, match=told):
        answer_file(ExamplePredictor(), posts, tmp_path / "o.csv", Choice(**more))


def test_rows_are_sliced_by_their_sound():
    sounds = Sounds(5)
    sounds.note(0, RowSound("recorded", 1.0))
    sounds.note(1, RowSound("recorded", 2.0, None, ("noisy",)))
    sounds.note(2, RowSound("none", 0.0, "Torn."))
    sounds.note(3, RowSound("none"))
    told = ["nothing found", "answer limited", "not heard", "no sound", "no sound"]
    assert name_sounds(sounds, range(5)) == told
