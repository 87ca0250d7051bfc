import pandas as pd
import pytest

from mhkd.errors import RecipeError
from mhkd.training.data import load_task
from mhkd.training.recipe import DataRecipe, load_recipe
from mhkd.training.speech import assign_voices

LABELS = ["depression", "suicide"]
RECIPE = DataRecipe(folder=".", train="train.csv", test="test.csv", splits="splits.csv", folds=3)


def write(folder, name, rows):
    lines = ["id,text,label", *(",".join(row) for row in rows)]
    (folder / name).write_text("\n".join(lines) + "\n", "utf-8")


@pytest.fixture
def folder(tmp_path):
    rows = [(f"p{i}", f"written for test {i}", LABELS[i % 2]) for i in range(30)]
    write(tmp_path, "train.csv", rows)
    write(tmp_path, "test.csv", [(f"t{i}", f"another {i}", LABELS[i % 2]) for i in range(6)])
    authors = [f"p{i},author{i // 3}" for i in range(30)] + ["t0,author0"]
    (tmp_path / "splits.csv").write_text("id,author_group\n" + "\n".join(authors) + "\n")
    return tmp_path


def test_one_author_stays_in_one_fold(folder):
    data = load_task(RECIPE, LABELS, folder, seed=0)
    places = {}
    for author, fold in zip(data.train.groups, data.train.folds.tolist(), strict=True):
        assert places.setdefault(author, fold) == fold
    assert set(data.train.folds.tolist()) == {0, 1, 2}
    assert data.facts["train"]["labels"] == {"depression": 15, "suicide": 15}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", "x", "joy")], "label 'joy'"),
        ([("a", "x", "suicide"), ("a", "y", "suicide")], "id twice"),
        ([("p1", "x", "suicide")], "both in"),
    ],
)
def test_faulty_data_is_named(folder, rows, message):
    write(folder, "test.csv", rows)
    with pytest.raises(RecipeError, match=message):
        load_task(RECIPE, LABELS, folder, seed=0)


def test_a_missing_column_and_a_missing_file_are_named(folder):
    (folder / "test.csv").write_text("id,body\na,b\n")
    with pytest.raises(RecipeError, match="lacks the column 'text'"):
        load_task(RECIPE, LABELS, folder, seed=0)
    (folder / "test.csv").unlink()
    with pytest.raises(RecipeError, match="--data-dir"):
        load_task(RECIPE, LABELS, folder, seed=0)


def test_voices_get_their_shares_and_stay_the_same():
    ids = [f"p{i}" for i in range(1000)]
    shares = {"heart": 0.2, "michael": 0.2, "joe": 0.6}
    voices = assign_voices(ids, shares, seed=0)
    counts = {name: list(voices.values()).count(name) for name in shares}
    assert counts == {"heart": 200, "michael": 200, "joe": 600}
    assert assign_voices(reversed(ids), shares, seed=0) == voices
    assert assign_voices(ids, shares, seed=1) != voices
    with pytest.raises(RecipeError, match="add up"):
        assign_voices(ids, {"joe": 0.5}, seed=0)


def test_the_shipped_recipe_is_valid_and_a_wrong_field_is_named(tmp_path):
    recipe = load_recipe("embedded/sdcnl")
    assert len(recipe.speech.voices) >= 3
    assert min(recipe.speech.voices.values()) >= 0.2
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\nversion: '1'\ntitle: t\nlabels: [a]\n")
    with pytest.raises(RecipeError, match="labels"):
        load_recipe(file)
    with pytest.raises(RecipeError, match="no recipe"):
        load_recipe("nowhere")


def test_one_file_is_split_by_a_column_of_its_own_or_of_the_splits(folder):
    rows = [
        (f"q{i}", f"post {i}", LABELS[i % 2], ("train", "val", "test", "")[i % 4])
        for i in range(40)
    ]
    table = pd.DataFrame(rows, columns=["id", "text", "label", "part"])
    table.to_parquet(folder / "all.parquet")
    table.drop(columns="part").to_csv(folder / "all.csv", index=False)
    table[["id", "part"]].to_csv(folder / "parts.csv", index=False)
    inside = DataRecipe(folder=".", train="all.parquet", split="part", folds=2)
    beside = DataRecipe(folder=".", train="all.csv", splits="parts.csv", split="part", folds=2)
    for recipe in (inside, beside):
        data = load_task(recipe, LABELS, folder, seed=0)
        assert data.test.ids == tuple(f"q{i}" for i in range(2, 40, 4))
        assert data.train.ids == tuple(f"q{i}" for i in range(40) if i % 4 in (0, 1))
        assert data.test.texts[0] == "post 2"
    with pytest.raises(RecipeError, match="column 'other'"):
        load_task(beside.model_copy(update={"split": "other"}), LABELS, folder, seed=0)
    table.assign(part="dev").to_csv(folder / "parts.csv", index=False)
    with pytest.raises(RecipeError, match="says 'dev'"):
        load_task(beside, LABELS, folder, seed=0)


def test_without_a_split_a_share_is_held_out_and_no_author_stands_on_both_sides(folder):
    recipe = DataRecipe(folder=".", train="train.csv", splits="splits.csv", folds=3)
    data = load_task(recipe, LABELS, folder, seed=0)
    assert len(data.train) + len(data.test) == 30
    assert 4 <= len(data.test) <= 8
    assert not set(data.train.groups) & set(data.test.groups)
    other = load_task(recipe, LABELS, folder, seed=1)
    assert other.test.ids != data.test.ids
    assert other.facts["train"]["ids"] != data.facts["train"]["ids"]


def test_a_label_that_is_too_rare_is_named(folder):
    with pytest.raises(RecipeError, match="0 posts to train on have the label 'calm'"):
        load_task(RECIPE, [*LABELS, "calm"], folder, seed=0)
