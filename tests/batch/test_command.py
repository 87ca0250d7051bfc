"""``mhkd batch`` over a tiny real bundle."""

import json
import re

import pandas as pd
import pytest

from mhkd.audio.transcribe import Transcript
from mhkd.cli import main
from mhkd.post import Post
from tests.audio.making import write_by_soundfile
from tests.batch.test_recordings import pack
from tests.tiny import POST, build_tiny_bundle, tone


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return build_tiny_bundle(tmp_path_factory.mktemp("batched"))


def test_every_row_is_answered_as_alone(bundle, tmp_path, capsys, monkeypatch):
    from mhkd.analyser import Analyser

    texts = [POST, "", "The walk today was good", POST * 3]
    file, out = tmp_path / "posts.parquet", tmp_path / "out.parquet"
    monkeypatch.setenv("MHKD_AUDIT_LOG", str(tmp_path / "audit.jsonl"))
    pd.DataFrame({"body": texts}).to_parquet(file)
    command = ["batch", str(file), "--bundle", str(bundle), "--out", str(out)]
    assert main([*command, "--models", "student,text,emotion", "--text-column", "body"]) == 0
    told = capsys.readouterr()
    assert told.out.strip().endswith("3 of 4 rows answered")
    counted = re.search(
        r"^student: decided (\d) \(depression \d, suicide \d\), not decided (\d), no answer (\d)$",
        told.out,
        re.MULTILINE,
    )
    assert counted is not None and sum(map(int, counted.groups())) == 3
    assert {line.split(":")[0] for line in told.out.splitlines()} >= {"text", "emotion", "teachers"}
    assert told.err.strip() == "row 2: The text is empty."
    table = pd.read_parquet(out)
    alone = Analyser.open(bundle).predict_texts([texts[2]], ("student", "text", "emotion"))
    for model in ("student", "text", "emotion"):
        expected = alone[model][0, 1]
        assert table[f"{model}_suicide"][2] == pytest.approx(expected, abs=1e-5)
    mean = (table["text_suicide"] + table["emotion_suicide"]) / 2
    assert table["teachers_suicide"].to_numpy() == pytest.approx(mean.to_numpy(), nan_ok=True)
    single = Analyser.open(bundle).analyse(Post(POST * 3), explain="none", speak=False)
    read = single.read["student"]
    assert (table["tokens_read"][3], table["tokens_total"][3]) == (
        read.tokens_read,
        read.tokens_total,
    )
    states = table["student_state"]
    assert states.isna().tolist() == [False, True, False, False]
    assert (states == "no answer").tolist() == table["withheld"].tolist()
    assert "body" not in table and "walk" not in told.out + told.err
    noted = json.loads((tmp_path / "audit.jsonl").read_text())
    assert noted["action"] == "batch answered"
    assert noted["outcome"] == {
        "rows": 4,
        "done": 3,
        "faults": 1,
        "outside": noted["outcome"]["outside"],
    }


def test_recordings_are_heard_as_alone_and_distances_told(bundle, tmp_path, capsys):
    from mhkd.analyser import Analyser

    sound = write_by_soundfile(tone(2.0).samples, 16_000, "WAV", "FLOAT")
    folder = tmp_path / "sounds"
    folder.mkdir()
    (folder / "one.wav").write_bytes(sound)
    (folder / "torn.wav").write_bytes(sound[:30])
    (tmp_path / "sounds.zip").write_bytes(pack({"in/one.wav": sound, "torn.wav": sound[:30]}))
    texts = [POST, "The walk today was good", POST * 2]
    pd.DataFrame({"text": texts, "clip": ["one.wav", "", "torn.wav"]}).to_csv(tmp_path / "p.csv")
    command = ["batch", str(tmp_path / "p.csv"), "--bundle", str(bundle)]
    command += ["--models", "student,text,audio", "--recording-column", "clip"]
    found = []
    for place in ("sounds", "sounds.zip"):
        out = tmp_path / f"{place}.parquet"
        assert main([*command, "--recordings", str(tmp_path / place), "--out", str(out)]) == 0
        told = capsys.readouterr()
        assert "sound: recorded 1, spoken 0, none 2" in told.out
        assert "outside what this model knows: 0" in told.out
        assert told.err.startswith("row 3, its sound: ") and told.err.count("\n") == 1
        assert "torn" not in told.err and "walk" not in told.out + told.err
        found.append(pd.read_parquet(out))
    pd.testing.assert_frame_equal(*found)
    table, analyser = found[0], Analyser.open(bundle)
    alone = analyser.analyse(Post(POST, tone(2.0)), explain="none")
    assert table["audio_suicide"][0] == pytest.approx(
        alone.predictions["audio"].probabilities["suicide"], abs=1e-5
    )
    assert table["teachers_suicide"][0] == pytest.approx(
        (table["text_suicide"][0] + table["audio_suicide"][0]) / 2
    )
    assert table["teachers_suicide"][1:].tolist() == table["text_suicide"][1:].tolist()
    assert table["sound_total_s"][0] == table["sound_s"][0] == 2.0
    assert table["sound_total_s"].isna().tolist() == [False, True, True]
    assert table["audio_suicide"].isna().tolist() == [False, True, True]
    for row, text in enumerate(texts):
        single = analyser.analyse(Post(text), explain="none", speak=False)
        assert table["distance"][row] == pytest.approx(single.familiarity.distance, abs=1e-5)
    assert table["outside"].tolist() == [False] * 3


def test_recordings_are_compared_with_their_texts(bundle, tmp_path, capsys, monkeypatch):
    heard = Transcript("the weather will stay dry in the north", "en", 2.0, whole=True, model="a")
    monkeypatch.setattr("mhkd.post_answers.write_down", lambda *_, timed: heard)
    sound = write_by_soundfile(tone(2.0).samples, 16_000, "WAV", "FLOAT")
    (tmp_path / "s.zip").write_bytes(pack({"one.wav": sound, "two.wav": sound}))
    texts = [POST, "the weather will stay dry in the north", "The walk today was good"]
    pd.DataFrame({"text": texts, "clip": ["one.wav", "two.wav", ""]}).to_csv(tmp_path / "p.csv")
    out = tmp_path / "out.parquet"
    command = ["batch", str(tmp_path / "p.csv"), "--bundle", str(bundle), "--out", str(out)]
    command += ["--models", "audio", "--recordings", str(tmp_path / "s.zip")]
    command += ["--compare-recordings"]
    monkeypatch.setattr("mhkd.analyser.find_transcriber", lambda: None)
    assert main(command) != 0 and "Whisper model" in capsys.readouterr().err
    monkeypatch.setattr("mhkd.analyser.find_transcriber", lambda: tmp_path)
    assert main(command) == 0
    told = capsys.readouterr().out
    assert "recordings that say something else than their text: 1 of 2 compared" in told
    assert "weather" not in told
    table = pd.read_parquet(out)
    assert table["text_differs"].tolist() == [True, False, None]
    assert "text_differs" in table["sound_findings"][0]


def test_refusals_are_one_line(bundle, tmp_path, capsys):
    file = tmp_path / "posts.csv"
    file.write_text("text\nI feel tired\n", "utf-8")
    command = ["batch", str(file), "--bundle", str(bundle), "--out", str(tmp_path / "o.csv")]
    for more, told in ((["--models", "oracle"], "oracle"), (["--text-column", "x"], "column")):
        assert main([*command, *more]) == 2
        assert told in capsys.readouterr().err
    assert main(["batch", str(tmp_path / "no.csv"), "--out", str(tmp_path / "o.csv")]) == 2
