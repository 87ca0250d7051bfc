"""The model card: on which posts what was chosen, and how an ECE is told."""

from pathlib import Path
from typing import Any

import pytest

from mhkd.bundle import load_bundle
from mhkd.manifest import Manifest
from mhkd.training.card import write_card


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return load_bundle("sdcnl").manifest


def write(manifest: Manifest, folder: Path, **recipe: Any) -> str:
    changed = manifest.model_copy(update={"recipe": {**manifest.recipe, **recipe}})
    write_card(changed, folder / "card.md")
    return (folder / "card.md").read_text("utf-8")


def test_a_student_chosen_on_some_folds_is_said_to_be(manifest: Manifest, tmp_path: Path) -> None:
    n = manifest.data["validation"]["student_candidates"][0]["n"]
    student = manifest.recipe["student"]
    told = write(manifest, tmp_path, selection_note=None)
    assert f"on one of these folds alone (n = {n}); the test part was opened once" in told
    told = write(manifest, tmp_path, student={**student, "validation_folds": 2})
    assert "on 2 of these folds alone" in told
    told = write(manifest, tmp_path, student={**student, "validation_folds": 3})
    assert "(n = 1516), and so were the students" in told and "folds alone" not in told


def test_a_choice_that_was_made_otherwise_is_told(manifest: Manifest, tmp_path: Path) -> None:
    told = write(manifest, tmp_path, selection_note="The labels were seen.")
    assert "The test part was opened for the tables below. The labels were seen." in told
    assert "opened once" not in told


def test_an_ece_above_its_limit_is_marked_and_named(manifest: Manifest, tmp_path: Path) -> None:
    found = manifest.metrics["teachers"]
    assert found["ece"] > found["ece_if_calibrated"]
    told = write(manifest, tmp_path)
    marked = f"{found['ece']:.3f} (> {found['ece_if_calibrated']:.3f})"
    line = next(row for row in told.splitlines() if row.startswith("| Teachers' mean |"))
    assert marked in line
    assert "ECE above its limit: Teachers' mean (0.110 > 0.086), TF-IDF + linear" in told
    low, high = found["intervals"].get("ece", (0.0861, 0.1568))
    assert f"[{low:.3f}, {high:.3f}]" not in line
