import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from mhkd.batch.answer_file import Choice, answer_file
from mhkd.errors import Cancelled, InputError
from tests.batch.answering import ExamplePredictor


@pytest.fixture
def posts(tmp_path):
    file = tmp_path / "posts.csv"
    texts = [f"a post of words {'x' * n}" for n in range(150)]
    texts[3], texts[70] = "", "poison it is"
    table = pd.DataFrame({"id": [f"p{n}" for n in range(150)], "text": texts})
    table["label"] = "suicide"
    table.to_csv(file, index=False)
    return file


def test_answers_are_written_and_bad_rows_listed(posts, tmp_path):
    out = tmp_path / "out.parquet"
    found = answer_file(ExamplePredictor(), posts, out, Choice(models=("student", "text")))
    assert (found.rows, found.answered) == (150, 148)
    assert [fault.row for fault in found.faults] == [4, 71]
    table = pd.read_parquet(out)
    assert list(table.columns) == [
        "row",
        "id",
        "given_label",
        "student_depression",
        "student_suicide",
        "student_label",
        "student_state",
        "text_depression",
        "text_suicide",
        "text_label",
        "text_state",
        "tokens_read",
        "tokens_total",
        "fault",
        "findings",
        "withheld",
    ]
    assert table["id"].tolist() == [f"p{n}" for n in range(150)]
    assert table["fault"].notna().sum() == table["student_label"].isna().sum() == 2
    sums = (table["student_depression"] + table["student_suicide"]).dropna()
    assert sums.to_numpy() == pytest.approx(1.0)
    assert [f.name for f in tmp_path.iterdir()].count("out.parquet.partial") == 0
    notice = pq.read_schema(out).metadata[b"notice"].decode()
    assert notice == "Labels posts, not people; not a diagnosis."
    assert found.truncated == int((table["tokens_read"] < table["tokens_total"]).sum()) > 0


def test_rows_are_counted_by_state(posts, tmp_path):
    out = tmp_path / "out.csv"
    found = answer_file(ExamplePredictor(least=0.33, limit=1.4), posts, out, Choice())
    table = pd.read_csv(out)
    counts, states = found.states["student"], table["student_state"]
    assert counts.not_decided == (states == "not decided").sum() > 0
    assert counts.no_answer == (states == "no answer").sum() > 0
    assert (states == "no answer").tolist() == (table["withheld"] & table["fault"].isna()).tolist()
    decided = table[states == "decided"]["student_label"].value_counts().to_dict()
    assert counts.decided == decided and counts.rows == found.answered
    assert set(table["student_set"].dropna()) == {"depression", "suicide", "depression; suicide"}
    assert (
        table["student_set"].isna().tolist() == (~states.isin(["decided", "not decided"])).tolist()
    )


def test_a_partial_file_without_counts_of_tokens_goes_on(posts, tmp_path):
    """As an earlier version left it."""
    out, partial = tmp_path / "out.parquet", tmp_path / "out.parquet.partial"
    with pytest.raises(Cancelled):
        answer_file(ExamplePredictor(cancel_after=60), posts, out, Choice())
    with np.load(partial) as kept:
        arrays = {name: kept[name] for name in kept if name != "tokens"}
    with partial.open("wb") as sink:
        np.savez_compressed(sink, **arrays)
    found = answer_file(ExamplePredictor(), posts, out, Choice())
    told = pd.read_parquet(out)["tokens_total"]
    assert told[:3].isna().all() and told[100:].notna().all() and found.resumed >= 16


def test_a_broken_run_goes_on(posts, tmp_path):
    out, whole = tmp_path / "out.parquet", tmp_path / "whole.parquet"
    with pytest.raises(Cancelled):
        answer_file(ExamplePredictor(cancel_after=60), posts, out, Choice())
    assert not out.exists() and (tmp_path / "out.parquet.partial").exists()
    assert b"a post of words" not in (tmp_path / "out.parquet.partial").read_bytes()
    again = ExamplePredictor()
    found = answer_file(again, posts, out, Choice())
    assert found.resumed >= 16 and len(again.asked) <= 150 - found.resumed
    answer_file(ExamplePredictor(), posts, whole, Choice())
    pd.testing.assert_frame_equal(pd.read_parquet(out), pd.read_parquet(whole))


def test_a_partial_file_of_another_run_is_refused(posts, tmp_path):
    out = tmp_path / "out.csv"
    with pytest.raises(Cancelled):
        answer_file(ExamplePredictor(cancel_after=60), posts, out, Choice(version="1"))
    with pytest.raises(InputError, match="another"):
        answer_file(ExamplePredictor(), posts, out, Choice(version="2"))
    (tmp_path / "out.csv.partial").write_bytes(b"PK broken")
    with pytest.raises(InputError, match="damaged"):
        answer_file(ExamplePredictor(), posts, out, Choice(version="1"))


def test_text_only_where_asked(posts, tmp_path):
    out = tmp_path / "out.csv"
    answer_file(ExamplePredictor(), posts, out, Choice(with_text=True))
    assert pd.read_csv(out)["text"][0].startswith("a post of words")


@pytest.mark.parametrize(
    ("choice", "name", "told"),
    [
        (Choice(models=("nobody",)), "out.csv", "nobody"),
        (Choice(), "out.xlsx", "ends neither"),
        (Choice(text="nope"), "out.csv", "no column"),
        (Choice(), "nowhere/out.csv", "written"),
    ],
)
def test_refusals(posts, tmp_path, choice, name, told):
    with pytest.raises(InputError, match=told):
        answer_file(ExamplePredictor(), posts, tmp_path / name, choice)
