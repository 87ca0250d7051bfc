"""The written cases put to the tiny bundle, by the command, into the bundle and its card."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mhkd.analyser import Analyser
from mhkd.behaviour.card import tell_behaviour
from mhkd.behaviour.cases import Cases, read_cases
from mhkd.behaviour.run import ask_cases
from mhkd.bundle import BEHAVIOUR_FILE, CARD, load_bundle
from mhkd.cli import main
from mhkd.errors import InputError
from mhkd.reports import put_into_bundle
from tests.tiny import build_tiny_bundle


@pytest.fixture(autouse=True)
def few_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two posts of each bank, so that the tests stay quick."""
    whole = read_cases()
    posts = {name: found[:2] for name, found in whole.posts.items()}
    few: Cases = whole.model_copy(update={"posts": posts})
    monkeypatch.setattr("mhkd.behaviour.run.read_cases", lambda: few)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build_tiny_bundle(tmp_path)


def test_every_model_answers_every_kind_the_same_each_time(folder: Path) -> None:
    analyser = Analyser.open(folder, device="cpu")
    report = ask_cases(analyser)
    asked = {name for name, kind in report["kinds"].items() if kind["asked"]}
    assert {"identity", "negated wish"} < asked and "negated depression" not in asked
    assert list(report["models"]) == ["student", "text", "emotion"]
    assert all(set(found) == asked for found in report["models"].values())
    found = report["models"]["student"]["negated wish"]
    assert found["pairs"] == report["kinds"]["negated wish"]["pairs"] == 10
    pair = found["worst"][0]
    answers = analyser.predict_texts([pair["plain"], pair["changed"]])["student"]
    assert answers[:, 1] == pytest.approx([pair["before"], pair["after"]], abs=1e-5)
    assert ask_cases(analyser) == report
    with pytest.raises(InputError, match="among student, text, emotion; found 'audio'"):
        ask_cases(analyser, ["audio"])
    with pytest.raises(InputError, match="none was named"):
        ask_cases(analyser, [])


def test_other_labels_get_kinds_of_their_own(tmp_path: Path) -> None:
    labels = ("non_depression", "depression")
    report = ask_cases(Analyser.open(build_tiny_bundle(tmp_path, labels)), ["student"])
    assert report["kinds"]["negated depression"]["label"] == "depression"
    assert not report["kinds"]["negated wish"]["asked"]
    assert "Not asked, as no label of this bundle is about it: wish negated;" in tell_behaviour(
        report
    )


def test_the_command_puts_the_report_and_a_section_into_the_bundle(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_into_bundle(folder, {CARD: "# Tiny\n\n## Data\n\nNone.\n\n## Limits\n\n- Tiny.\n"})
    options = ["--bundle", str(folder), "--models", "student,emotion"]
    assert main(["behaviour", *options, "--json", "--into-bundle"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report["models"]) == {"student", "emotion"}
    bundle = load_bundle(folder)
    assert bundle.behaviour_report == report
    assert BEHAVIOUR_FILE in bundle.manifest.files
    card = (folder / CARD).read_text("utf-8")
    assert card.index("## Data") < card.index("## Behaviour") < card.index("## Limits")
    share = report["models"]["student"]["identity"]["flips"]["share"]
    assert f"| Other identity term | Student | 30 | {100 * share:.1f}% [" in card
    assert main(["behaviour", *options, "--into-bundle"]) == 0
    assert capsys.readouterr().out == tell_behaviour(report)
    assert (folder / CARD).read_text("utf-8") == card, "a second time changes nothing"


def test_a_bundle_without_a_card_gets_none(folder: Path) -> None:
    assert main(["behaviour", "--bundle", str(folder), "--models", "emotion", "--into-bundle"]) == 0
    assert not (folder / CARD).exists()
    assert load_bundle(folder).behaviour_report is not None
