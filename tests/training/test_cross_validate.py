"""Two folds through every stage, pooled."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from mhkd.bundle import load_bundle
from mhkd.errors import RecipeError
from mhkd.results.rows import collect_rows
from mhkd.training.card_results import tell_crossval
from mhkd.training.cross_validate import cross_validate, put_crossval
from tests.tiny import build_tiny_bundle
from tests.training.test_run import write_data, write_recipe

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("crossval")
    build_tiny_bundle(folder)
    write_data(folder)
    ids = [*(f"tr{i}" for i in range(18)), *(f"te{i}" for i in range(8))]
    rows = [f"{id_},{i // 2 % 2}" for i, id_ in enumerate(ids)]
    (folder / "splits.csv").write_text("\n".join(["id,fold2", *rows]) + "\n")
    content = yaml.safe_load(write_recipe(folder, folder / "backbones").read_text())
    content["data"]["splits"] = "splits.csv"
    (folder / "tiny.yaml").write_text(yaml.safe_dump(content))
    return folder


def run(folder, column, say=lambda _: None, **options):
    places = {"data_dir": folder, "run_dir": folder / "run"}
    return cross_validate(folder / "tiny.yaml", column, workers=1, say=say, **places, **options)


def test_every_post_is_tested_once_by_models_that_have_not_seen_it(folder):
    out = run(folder, "fold2")
    pooled = pd.read_csv(out / "pooled_predictions.csv")
    assert sorted(pooled["id"]) == sorted(pd.read_csv(folder / "splits.csv")["id"])
    assert "text" not in pooled.columns
    found = json.loads((out / "crossval.json").read_text())
    assert found["folds"] == 2
    assert {"student", "student_without_teachers", "teachers", "tf_idf_linear"} <= set(
        found["metrics"]
    )
    assert found["metrics"]["student"]["n"] == 26
    right = (pooled["student: suicide"] > 0.5) == (pooled["label"] == "suicide")
    assert found["metrics"]["student"]["accuracy"] == pytest.approx(right.mean())
    for name, others in (("0", 14), ("1", 12)):
        manifest = json.loads((out / name / "bundle.json").read_text())
        assert manifest["data"]["test"]["posts"] == others
    shipped = shutil.copytree(out / "0", folder / "shipped")
    file = put_crossval(out, load_bundle(shipped))
    bundle = load_bundle(shipped)
    assert bundle.crossval_report["metrics"] == found["metrics"]
    assert file == shipped / "reports" / "crossval.json"
    assert "## Cross-validation\n\nAll 26 posts" in (shipped / "MODEL_CARD.md").read_text()
    of_folds = [row for row in collect_rows(bundle) if row.protocol.startswith("pooled")]
    assert {row.n for row in of_folds} == {26}
    assert "Student, 2 folds" in {row.model for row in of_folds}
    said = []
    assert run(folder, "fold2", said.append) == out
    assert said == []


def test_a_column_that_is_not_there_is_named(folder):
    with pytest.raises(RecipeError, match="no column 'fold9'"):
        run(folder, "fold9")


def test_the_larger_student_is_trained_in_every_fold_where_asked(folder):
    out = run(folder, "fold2", larger=True)
    found = json.loads((out / "crossval.json").read_text())
    assert {"student_large", "student_large_without_teachers"} <= set(found["metrics"])
    assert found["large_against_twin"]["n"] == 26
    told = tell_crossval(found)
    assert "| Larger student |" in told and "Larger student against its twin: " in told


def test_a_larger_student_that_no_recipe_describes_is_refused(folder):
    content = yaml.safe_load((folder / "tiny.yaml").read_text())
    content["student"].pop("large", None)
    (folder / "small.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(RecipeError, match="no larger student"):
        cross_validate(folder / "small.yaml", "fold2", larger=True, data_dir=folder)


def test_two_processes_make_the_same_folds_together(folder):
    run_dir, shipped = folder / "two", build_tiny_bundle(folder / "into")
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
         "-m", "mhkd", "crossval", str(folder / "tiny.yaml"), "--column", "fold2",
         "--data-dir", str(folder), "--run-dir", str(run_dir), "--into-bundle", str(shipped)],
        cwd=ROOT, capture_output=True, text=True, timeout=900,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stderr.count("evaluation: the test split") == 2  # one for each fold
    found = json.loads((run_dir / "crossval-fold2" / "crossval.json").read_text())
    assert found["metrics"]["student"]["n"] == 26
    assert load_bundle(shipped).crossval_report["metrics"] == found["metrics"]


def test_a_bundle_of_other_labels_is_refused_before_anything_is_trained(folder):
    other = load_bundle(build_tiny_bundle(folder / "calm", ("calm", "glad")))
    said = []
    with pytest.raises(RecipeError, match="other labels"):
        run(folder, "fold2", said.append, into=other)
    assert said == []


def test_folds_of_another_recipe_are_made_anew(folder):
    out = run(folder, "fold2")
    content = yaml.safe_load((folder / "tiny.yaml").read_text())
    content["student"]["alpha"] = 0.9
    (folder / "tiny.yaml").write_text(yaml.safe_dump(content))
    said = []
    run(folder, "fold2", said.append)
    assert "fold 0" in said and "fold 1" in said
    assert json.loads((out / "0" / "bundle.json").read_text())["recipe"]["student"]["alpha"] == 0.9
