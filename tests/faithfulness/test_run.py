"""The evaluation of explanations over the tiny bundle."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mhkd.bundle import CARD, EXPLANATIONS_FILE, hash_file, load_bundle
from mhkd.cli import main
from mhkd.errors import InputError
from mhkd.faithfulness.card import tell_faithfulness
from mhkd.faithfulness.run import evaluate_explanations
from mhkd.post import Post
from mhkd.post_run import PostRun
from mhkd.reports import put_into_bundle
from tests.tiny import POST, build_tiny_bundle

POSTS = [f"{POST} So tired {'and calm ' * number}today." for number in range(22)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_bundle(tmp_path_factory.mktemp("faithful"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("posts") / "held_out.csv"
    rows = [f'p{place},"{text}"' for place, text in enumerate(POSTS)]
    file.write_text("id,text\n" + "\n".join(rows) + "\n", "utf-8")
    return file


def test_the_command_writes_a_report_without_words(
    folder: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report.json"
    options = ["--posts", "2", "--teacher-posts", "1", "--out", str(out)]
    assert main(["faithfulness", "--bundle", str(folder), "--data", str(data), *options]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    content = out.read_text("utf-8")
    assert "tired" not in content
    report = json.loads(content)
    assert set(report["models"]) == {"student", "text", "emotion", "audio"}
    student = report["models"]["student"]
    assert student["posts"] == 2 and student["thresholds"] is None
    assert student["all"]["comprehensiveness"]["n"] == 2
    assert 0 <= student["converged"]["share"] <= 1
    assert not out.with_name("report.json.rows").exists()
    told = tell_faithfulness(report)
    assert told.startswith("## Explanations\n")
    assert "tired" not in told
    table = [line for line in told.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in table} == {10}
    fall = student["all"]["comprehensiveness"]["mean"]
    assert any(
        line.startswith("| Student | 2 of 2 |") and f"{fall:.2f} [" in line for line in table
    )


def test_a_broken_run_goes_on(folder: Path, data: Path, tmp_path: Path) -> None:
    out, seen = tmp_path / "report.json", []

    def stop(model: str, done: int, total: int) -> None:
        seen.append(done)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate_explanations(folder, data, out, models=["student"], posts=3, on_post=stop)
    rows = out.with_name("report.json.rows")
    first = rows.read_text("utf-8")
    rows.write_text(first + '{"model": "stu', "utf-8")
    kept: list[str] = []

    def look(model: str, done: int, total: int) -> None:
        kept.append(rows.read_text("utf-8"))

    evaluate_explanations(folder, data, out, models=["student"], posts=3, on_post=look)
    assert kept[0] == kept[1], "two posts were there already"
    assert kept[2] != kept[1]
    assert json.loads(out.read_text("utf-8"))["models"]["student"]["posts"] == 3


def test_thresholds_stand_in_the_bundle_and_set_the_mark(folder: Path, data: Path) -> None:
    evaluate_explanations(folder, data, None, models=["student"])
    bundle = load_bundle(folder)
    assert EXPLANATIONS_FILE in bundle.manifest.files
    assert bundle.explanation_report is not None
    limits = bundle.explanation_report["models"]["student"]["thresholds"]
    assert limits["posts"] >= 20
    run = PostRun(bundle, bundle.load_members("cpu"), Post(POST))
    run.explain("student")
    found = run.check("student")
    assert found is not None and found.trust.thresholds.min_advantage == limits["min_advantage"]


def test_the_card_has_one_section_on_it(folder: Path, data: Path) -> None:
    put_into_bundle(folder, {CARD: "# Tiny\n\n## Limits\n\nMany.\n"})
    for _ in range(2):
        evaluate_explanations(folder, data, None, models=["student"], posts=1)
    card = (folder / CARD).read_text("utf-8")
    assert card.count("## Explanations") == 1
    assert card.index("## Explanations") < card.index("## Limits")
    assert load_bundle(folder).manifest.files[CARD] == hash_file(folder / CARD)


def test_ids_that_occur_twice_are_refused(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "twice.csv"
    file.write_text("id,text\na,I feel calm\na,I feel tired\n", "utf-8")
    with pytest.raises(InputError, match="twice"):
        evaluate_explanations(folder, file, tmp_path / "out.json")
    with pytest.raises(InputError, match="among"):
        evaluate_explanations(folder, file, tmp_path / "out.json", models=["teachers"])


def test_other_posts_set_the_thresholds(folder: Path, data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("".join(data.read_text("utf-8").splitlines(keepends=True)), "utf-8")
    few = tmp_path / "few.csv"
    few.write_text("".join(data.read_text("utf-8").splitlines(keepends=True)[:3]), "utf-8")
    options = {"models": ("student",), "thresholds_from": other}
    report = json.loads(
        evaluate_explanations(folder, few, tmp_path / "r.json", **options).read_text("utf-8")
    )
    student = report["models"]["student"]
    assert student["posts"] == 2
    assert student["thresholds"]["posts"] >= 20
    assert report["thresholds_data"]["posts"] == 22
    assert "by the limits that 22 other posts (other.csv)" in tell_faithfulness(report)
