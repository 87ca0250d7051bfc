"""The command line: its JSON, its exit status, one line for every refusal."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from mhkd.bundle import MANIFEST
from mhkd.cli import main
from tests.tiny import LABELS, POST, build_tiny_bundle, tone

TEXT = f"{POST} I am so tired today and it was good, but I feel alone when I am at the end."
TEACHERS = ["text", "audio", "emotion"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_bundle(tmp_path_factory.mktemp("commanded"))


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    file = tmp_path / "post.wav"
    soundfile.write(file, tone(2.0).samples, 16_000)
    return file


def _run(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    status = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert (status, err) == (0, "")
    return json.loads(out)


def _refuse(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    status = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1 and err.startswith("mhkd: ")
    return err


def test_voices_are_in_the_json_only_on_request(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mhkd.voice_answers.VOICE_NAMES", ("joe",))
    asked = ("analyse", "--bundle", folder, "--text", TEXT, "--explain", "none", "--json")
    assert _run(capsys, *asked)["voices"] is None
    found = _run(capsys, *asked, "--voices")
    (answer,) = found["voices"]["answers"]
    assert answer["probabilities"] == found["predictions"]["audio"]["probabilities"]
    assert found["voices"]["spread"] is None
    assert "--no-audio" in _refuse(capsys, *asked, "--voices", "--no-audio")


def test_json_of_a_post_with_a_recording(
    capsys: pytest.CaptureFixture[str], folder: Path, wav: Path
) -> None:
    found = _run(capsys, "analyse", "--bundle", folder, "--text", TEXT, "--audio", wav, "--json")
    assert {"schema_version", "bundle", "labels", "input", "read", "quality", "predictions"} | {
        "divergence_bits", "contributions", "attributions", "timing_ms"
    } <= set(found)  # fmt: skip
    assert set(found["bundle"]) == {"name", "version", "sha256"}
    assert found["labels"] == list(LABELS)
    assert found["input"]["characters"] == len(TEXT)
    assert found["input"]["audio"]["origin"] == "recorded"
    assert {"seconds", "seconds_heard"} <= set(found["input"]["audio"])
    assert set(found["read"]["student"]) == {"tokens_total", "tokens_read"}
    assert set(found["predictions"]) == {*TEACHERS, "teachers", "student"}
    assert set(found["predictions"]["teachers"]["probabilities"]) == set(LABELS)
    assert set(found["divergence_bits"]) == {*TEACHERS, "teachers"}
    contributions = found["contributions"]["teachers"]
    assert {"target", "empty", "full", "shapley", "residual"} <= set(contributions)
    teachers = found["predictions"]["teachers"]["probabilities"]
    assert contributions["full"] == teachers[contributions["target"]]
    for model in ("student", "text", "emotion"):
        attribution = found["attributions"][model]
        assert {"words", "target", "relative_gap"} <= set(attribution)
        assert {"text", "start", "end", "score"} == set(attribution["words"][0])
    segment = found["attributions"]["audio"]["segments"][0]
    assert {"start_s", "end_s", "score", "text"} == set(segment)


def test_json_without_audio_and_explanations(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "post.txt"
    file.write_text(TEXT, "utf-8-sig")
    options = ("--bundle", folder, "--no-audio", "--explain", "none", "--json")
    found = _run(capsys, "analyse", "--text-file", file, *options)
    again = _run(capsys, "analyse", "--text", TEXT, *options)
    assert found["attributions"] == dict.fromkeys((*TEACHERS, "student", "counterfactual"))
    assert found["predictions"]["audio"] is None
    assert found["input"]["audio"]["origin"] == "none"
    assert {**found, "timing_ms": None} == {**again, "timing_ms": None}


def test_the_table_shows_no_word_of_the_post(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    arguments = ["analyse", "--bundle", str(folder), "--text", TEXT, "--no-audio"]
    assert main([*arguments, "--explain", "none"]) == 0
    out, err = capsys.readouterr()
    assert err == "" and "student" in out and "left out" in out
    assert "alone" not in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("analyse",), "--text"),
        (("analyse", "--text", "a b c", "--text-file", "x"), "--text"),
        (("analyse", "--text", ""), "no text"),
        (("analyse", "--text", "a"), "letter"),
        (("analyse", "--text", TEXT, "--bundle", "nowhere"), "nowhere"),
        (("analyse", "--text", TEXT, "--explain", "some"), "--explain"),
        (("analyse", "--text", TEXT, "--audio", "no.wav"), "no.wav"),
        (("analyse", "--text", TEXT, "--audio", "no.wav", "--no-audio"), "not both"),
        (("analyse", "--text-file", "/"), "directory"),
        (("analyse", "--text", TEXT, "--device", "abacus", "--bundle", "BUNDLE"), "abacus"),
        (("analyse", "--text", TEXT, "--target", "joy", "--bundle", "BUNDLE"), "joy"),
        (("analyse", "--surprise"), "--surprise"),
        (("evaluate",), "--data"),
        (("evaluate", "--data", "no.csv"), "no.csv"),
        (("speak", "--text", TEXT, "--out", "/nowhere/post.wav", "--words", "1"), "/nowhere"),
        (("speak", "--text", TEXT, "--out", "post.wav", "--voice", "nobody"), "nobody"),
        (("speak", "--text", TEXT, "--out", "post.wav", "--words", "0"), "--words"),
        (("train", "no/such-recipe"), "no/such-recipe"),
        (("dance",), "dance"),
    ],
)
def test_refusals(
    capsys: pytest.CaptureFixture[str], folder: Path, arguments: tuple[str, ...], told: str
) -> None:
    if arguments[0] == "train":
        pytest.importorskip("mhkd.training.run")
    given = [str(folder) if part == "BUNDLE" else part for part in arguments]
    assert told in _refuse(capsys, *given)


@pytest.mark.parametrize("content", [b"", b"not a recording", b"RIFF\x00\x00\x00\x00WAVE"])
def test_audio_that_is_no_audio(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "post.wav"
    file.write_bytes(content)
    _refuse(capsys, "analyse", "--bundle", folder, "--text", TEXT, "--audio", file, "--json")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x" * 200_001, b"tired " * 10_000])
def test_text_files_that_are_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "post.txt"
    file.write_bytes(content)
    assert "tired" not in _refuse(capsys, "analyse", "--text-file", file, "--json")


def test_evaluate(capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "text", "label"])
        writer.writerows([i, f"{POST} {'so ' * i}", LABELS[i % 2]] for i in range(8))
    found = _run(capsys, "evaluate", "--bundle", folder, "--data", file, "--json")
    assert list(found) == ["student"]
    metrics = {"accuracy", "f1_macro", "f1_weighted", "auc", "ece", "brier"}
    assert metrics | {"n", "intervals"} <= set(found["student"])
    assert found["student"]["n"] == 8
    assert metrics - {"ece"} <= set(found["student"]["intervals"])
    assert found["student"]["ece_if_calibrated"] > 0
    low, high = found["student"]["intervals"]["accuracy"]
    assert low <= found["student"]["accuracy"] <= high


def test_evaluate_a_file_with_one_label(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
) -> None:
    """The AUC is not defined; JSON has no NaN."""
    file = tmp_path / "posts.csv"
    file.write_text("id,text,label\n1,so tired,suicide\n2,so good,suicide\n", "utf-8")
    found = _run(capsys, "evaluate", "--bundle", folder, "--data", file, "--json")
    assert found["student"]["auc"] is None


@pytest.mark.parametrize(
    "content", ["id,text\n1,so tired\n", "id,text,label\n1,so tired,joy\n", "id,text,label\n"]
)
def test_evaluate_refuses(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "posts.csv"
    file.write_text(content, "utf-8")
    assert "tired" not in _refuse(capsys, "evaluate", "--bundle", folder, "--data", file)


def test_speak(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "post.wav"
    assert main(["speak", "--text", "The walk was good.", "--out", str(file), "--words", "3"]) == 0
    assert capsys.readouterr().err == ""
    samples, rate_hz = soundfile.read(file)
    assert rate_hz == 22_050 and 0.3 < len(samples) / rate_hz < 5
    assert np.abs(samples).max() > 0.05
    assert list(tmp_path.iterdir()) == [file]


def test_bundles(
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mhkd.bundle.ASSETS", tmp_path)
    copy = tmp_path / "bundles" / "tiny"
    copy.mkdir(parents=True)
    for file in folder.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    (found,) = _run(capsys, "bundles", "--json")
    assert found["name"] == "tiny" and found["fault"] is None
    (copy / "audio.safetensors").write_bytes(b"")
    assert main(["bundles"]) == 2
    out, err = capsys.readouterr()
    assert "tiny" in out
    assert err.count("\n") == 1 and "audio.safetensors" in err
    (copy / MANIFEST).write_text("{}", "utf-8")
    assert main(["bundles"]) == 2


def test_doctor(capsys: pytest.CaptureFixture[str]) -> None:
    names = [check["name"] for check in _run(capsys, "doctor", "--json")]
    assert {"python", "torch", "device", "torchaudio", "soundfile", "av", "voice joe"} <= set(names)
    assert main(["doctor"]) == 0
    assert "python" in capsys.readouterr().out


def test_as_a_process(folder: Path, wav: Path) -> None:
    """Nothing but one JSON object on standard output, nothing on standard error."""
    command = [sys.executable, "-m", "mhkd"]
    options = ["analyse", "--bundle", str(folder), "--text", TEXT, "--audio", str(wav), "--json"]
    found = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    assert found.stderr == ""
    assert json.loads(found.stdout)["schema_version"]
    refused = subprocess.run([*command, "analyse", "--text", ""], capture_output=True, text=True)
    assert refused.returncode == 2
    assert refused.stdout == "" and refused.stderr.count("\n") == 1


def test_an_analysis_is_noted_where_a_log_is_configured(
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = tmp_path / "audit.jsonl"
    monkeypatch.setenv("MHKD_AUDIT_LOG", str(log))
    given = ("analyse", "--bundle", folder, "--text", TEXT, "--no-audio", "--explain", "none")
    found = _run(capsys, *given, "--json")
    [entry] = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert entry["bundle"] == found["bundle"]
    assert entry["outcome"]["probabilities"] == found["predictions"]["student"]["probabilities"]
    assert "tired" not in log.read_text("utf-8")
