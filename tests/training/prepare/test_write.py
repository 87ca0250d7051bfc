"""Made-up downloads in the form of the published ones."""

import hashlib
import json

import pandas as pd
import pytest

from mhkd.cli import main
from mhkd.errors import InputError
from mhkd.training.data import load_task
from mhkd.training.prepare.write import prepare
from mhkd.training.recipe import DataRecipe


@pytest.fixture
def sdcnl(tmp_path):
    folder = tmp_path / "SDCNL" / "data"
    folder.mkdir(parents=True)
    for name, count in (("training", 20), ("testing", 6)):
        table = pd.DataFrame(
            {
                "title": [f"Day {i} &amp; night" for i in range(count)],
                "selftext": ["emptypost" if i == 3 else f"walk {i} {name}" for i in range(count)],
                "author": [f"writer{i // 2}" for i in range(count)],
                "num_comments": 1,
                "is_suicide": [i % 2 for i in range(count)],
                "url": "https://example.org",
                "megatext_clean": "walk",
            },
            index=range(100, 100 + count),
        )
        table.to_csv(folder / f"{name}-set.csv")
    return tmp_path / "SDCNL"


def test_sdcnl_becomes_what_the_recipe_reads(sdcnl, tmp_path):
    out = tmp_path / "out"
    facts = prepare("sdcnl", sdcnl, out, any_version=True)
    train, splits = (
        pd.read_csv(out / f, keep_default_na=False) for f in ("train.csv", "splits.csv")
    )
    assert list(train.columns) == ["id", "text", "label"]
    assert train["text"][0] == "Day 0 & night\nwalk 0 training"
    assert train["text"][3] == "Day 3 & night"
    assert train["label"][:2].tolist() == ["depression", "suicide"]
    assert splits["official_split"].value_counts().to_dict() == {"train": 20, "test": 6}
    assert splits["paper_code_split"].value_counts().to_dict() == {"train": 18, "test": 6, "val": 2}
    assert splits["test_author_in_train"].sum() == 6
    for file, found in facts["files"].items():
        assert hashlib.sha256((out / file).read_bytes()).hexdigest() == found["sha256"]
    assert "writer" not in "".join(f.read_text() for f in out.iterdir())
    assert json.loads((out / "prepared.json").read_text()) == facts
    recipe = DataRecipe(
        folder=".", train="train.csv", test="test.csv", splits="splits.csv", folds=2
    )
    data = load_task(recipe, ["depression", "suicide"], out, seed=0)
    assert len(set(data.train.groups)) == 10
    again = prepare("sdcnl", sdcnl, tmp_path / "again", any_version=True)
    assert again == facts


def test_idendep_reads_a_file_for_each_post(tmp_path):
    for name, count in (("reddit_depression", 30), ("reddit_non_depression", 20)):
        folder = tmp_path / "Data_Collector" / name
        folder.mkdir(parents=True)
        for i in range(count):
            (folder / f"writer{i:02d}.txt").write_text(f"a walk, number {i}", "utf-8")
    prepare("idendep", tmp_path, tmp_path / "out", any_version=True)
    posts = pd.read_csv(tmp_path / "out" / "all.csv")
    splits = pd.read_csv(tmp_path / "out" / "splits.csv")
    assert list(posts.columns) == ["id", "text", "label", "source"]
    assert posts["label"].value_counts().to_dict() == {"depression": 30, "non_depression": 20}
    assert splits["split_80_10_10"].value_counts().to_dict() == {"train": 40, "val": 5, "test": 5}
    assert splits["fold10"].value_counts().to_dict() == dict.fromkeys(range(10), 5)
    recipe = DataRecipe(
        folder=".", train="all.csv", splits="splits.csv", split="split_80_10_10", folds=2
    )
    data = load_task(recipe, ["depression", "non_depression"], tmp_path / "out", seed=0)
    assert (len(data.train), len(data.test)) == (45, 5)


def test_goemotions_and_cams(tmp_path):
    (tmp_path / "emotions.txt").write_text("joy\nfear\nneutral\n")
    (tmp_path / "train.tsv").write_text("Nice &amp; calm\t0,2\tabc\nOh no\t1\tabd\n")
    (tmp_path / "dev.tsv").write_text("Fine\t2\tabe\n")
    prepare("goemotions", tmp_path, tmp_path / "out", any_version=True)
    train = pd.read_csv(tmp_path / "out" / "train.csv")
    assert train.to_dict("records")[0] == {
        "id": "goemo_00000", "text": "Nice & calm", "label": "joy|neutral"
    }  # fmt: skip
    (tmp_path / "dev.tsv").write_text("Fine\t7\tabe\n")
    with pytest.raises(InputError, match="line 1: label 7"):
        prepare("goemotions", tmp_path, tmp_path / "out", any_version=True)
    pd.DataFrame({"selftext": ["one", "one", "", "two"], "cause": 1}).to_csv(
        tmp_path / "added_CAMS_data.csv", index=False
    )
    prepare("cams", tmp_path, tmp_path / "out", any_version=True)
    assert pd.read_csv(tmp_path / "out" / "cams_crawl.csv")["text"].tolist() == ["one", "two"]


def test_what_is_missing_or_changed_is_named(sdcnl, tmp_path, capsys):
    with pytest.raises(InputError, match="would have 20 rows; the published version gives 1516"):
        prepare("sdcnl", sdcnl, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="no data set"):
        prepare("other", sdcnl, tmp_path / "out")
    with pytest.raises(InputError, match="no 'training-set.csv'"):
        prepare("sdcnl", tmp_path, tmp_path / "out")
    file = sdcnl / "data" / "training-set.csv"
    table = pd.read_csv(file)
    table.assign(is_suicide=2).to_csv(file)
    with pytest.raises(InputError, match="'is_suicide' says '2'"):
        prepare("sdcnl", sdcnl, tmp_path / "out", any_version=True)
    table.drop(columns="author").to_csv(file)
    assert main(["data", "prepare", "sdcnl", "--source", str(sdcnl), "--out", "x"]) == 2
    assert "lacks the column 'author'" in capsys.readouterr().err
