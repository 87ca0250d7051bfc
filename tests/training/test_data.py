import pandas as pd
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from mhkd.errors import RecipeError
from mhkd.training.data import load_task, read_posts_file
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
        ([("a", "x", "suicide"), ("b", "  ", "suicide")], "'text' in 1 of 2 rows: 2"),
        ([("a", "x", "suicide"), ("", "y", "suicide")], "'id' in 1 of 2 rows: 2"),
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


def test_an_id_that_the_splits_name_twice_and_missing_splits_are_told(folder):
    splits = folder / "splits.csv"
    splits.write_text(splits.read_text() + "p3,author9\n")
    with pytest.raises(RecipeError, match="stands there before in 1 of 32 rows: 32"):
        load_task(RECIPE, LABELS, folder, seed=0)
    splits.unlink()
    with pytest.raises(RecipeError, match=r"leave data\.splits out"):
        load_task(RECIPE, LABELS, folder, seed=0)


@pytest.mark.parametrize("column", ["text", "label", "id"])
def test_a_parquet_file_with_nothing_in_a_row_is_refused_by_number(folder, column):
    table = pd.DataFrame({"id": ["a", "b", "c"], "text": "so", "label": "suicide", "mark": None})
    table.loc[[0, 2], column] = None
    table.to_parquet(folder / "test.parquet")
    recipe = RECIPE.model_copy(update={"test": "test.parquet"})
    with pytest.raises(RecipeError, match=f"'{column}' in 2 of 3 rows: 1, 3"):
        load_task(recipe, LABELS, folder, seed=0)


def test_numbers_and_empty_columns_of_a_parquet_file_are_read_as_text(folder):
    table = pd.DataFrame({"id": [1, 2], "text": "so", "label": LABELS, "mark": [None, "x"]})
    table.to_parquet(folder / "few.parquet")
    read = read_posts_file(folder / "few.parquet", ("id", "text", "label"))
    assert read["id"].tolist() == ["1", "2"]
    assert read["mark"].tolist() == ["", "x"]


def test_posts_of_another_kind_that_are_not_there_are_told(folder):
    write(folder, "other.csv", [("o1", "calm", "neutral"), ("o2", "glad", "joy")])
    unfamiliar = [
        {"name": "comments", "file": "other.csv", "label": "neutral"},
        {"name": "others", "file": "other.csv", "label": "neutral", "skip": 1},
        {"name": "letters", "file": "nowhere.csv", "label": "neutral"},
    ]
    recipe = DataRecipe.model_validate(RECIPE.model_dump() | {"unfamiliar": unfamiliar})
    said = []
    data = load_task(recipe, LABELS, folder, 0, said.append)
    assert data.unfamiliar == {"comments": ("calm",), "others": ()}
    assert len(said) == 2
    assert "none after the 1 that are skipped; others are not tried" in said[0]
    assert "nowhere.csv is missing; letters are not tried" in said[1]


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


@pytest.mark.parametrize("share", [0.005, 0.1, 0.15, 0.3, 0.4, 0.6, 0.75, 0.9, 0.98])
def test_the_share_that_is_held_out_is_the_one_that_was_asked_for(folder, share):
    rows = [(f"q{i}", f"post {i}", LABELS[i % 3 == 0]) for i in range(1000)]
    write(folder, "all.csv", rows)
    recipe = DataRecipe(folder=".", train="all.csv", test_share=share, folds=2)
    data = load_task(recipe, LABELS, folder, seed=0)
    assert len(data.test) == pytest.approx(1000 * share, abs=4)
    assert data.test.labels.mean() == pytest.approx(1 / 3, abs=0.15)


def test_few_posts_are_split_as_near_to_the_share_as_they_allow(folder):
    write(folder, "all.csv", [(f"q{i}", f"post {i}", LABELS[i % 2]) for i in range(8)])
    recipe = DataRecipe(folder=".", train="all.csv", test_share=0.3, folds=2)
    data = load_task(recipe, LABELS, folder, seed=0)
    assert 2 <= len(data.test) <= 3
    assert set(data.test.labels.tolist()) == {0, 1}


def test_a_share_that_is_one_of_so_many_folds_is_drawn_as_before(folder):
    rows = [(f"q{i}", f"post {i}", LABELS[i % 3 == 0]) for i in range(100)]
    write(folder, "all.csv", rows)
    recipe = DataRecipe(folder=".", train="all.csv", test_share=0.2, folds=2)
    data = load_task(recipe, LABELS, folder, seed=3)
    truth = [LABELS.index(label) for _, _, label in rows]
    splitter = StratifiedGroupKFold(5, shuffle=True, random_state=3)
    _, held_out = next(splitter.split(truth, truth, [id_ for id_, _, _ in rows]))
    assert data.test.ids == tuple(f"q{i}" for i in held_out)


def test_a_label_that_is_too_rare_is_named(folder):
    with pytest.raises(RecipeError, match="0 posts to train on have the label 'calm'"):
        load_task(RECIPE, [*LABELS, "calm"], folder, seed=0)
