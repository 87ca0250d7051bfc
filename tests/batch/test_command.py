"""``mhkd batch`` over a tiny real bundle."""

import pandas as pd
import pytest

from mhkd.cli import main
from tests.tiny import POST, build_tiny_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return build_tiny_bundle(tmp_path_factory.mktemp("batched"))


def test_every_row_is_answered_as_alone(bundle, tmp_path, capsys):
    from mhkd.analyser import Analyser

    texts = [POST, "", "The walk today was good", POST * 3]
    file, out = tmp_path / "posts.parquet", tmp_path / "out.parquet"
    pd.DataFrame({"body": texts}).to_parquet(file)
    command = ["batch", str(file), "--bundle", str(bundle), "--out", str(out)]
    assert main([*command, "--models", "student,text,emotion", "--text-column", "body"]) == 0
    told = capsys.readouterr()
    assert told.out.strip().endswith("3 of 4 rows answered")
    assert told.err.strip() == "row 2: The text is empty."
    table = pd.read_parquet(out)
    alone = Analyser.open(bundle).predict_texts([texts[2]], ("student", "text", "emotion"))
    for model in ("student", "text", "emotion"):
        expected = alone[model][0, 1]
        assert table[f"{model}_suicide"][2] == pytest.approx(expected, abs=1e-5)
    mean = (table["text_suicide"] + table["emotion_suicide"]) / 2
    assert table["teachers_suicide"].to_numpy() == pytest.approx(mean.to_numpy(), nan_ok=True)
    assert "body" not in table and "walk" not in told.out + told.err


def test_refusals_are_one_line(bundle, tmp_path, capsys):
    file = tmp_path / "posts.csv"
    file.write_text("text\nI feel tired\n", "utf-8")
    command = ["batch", str(file), "--bundle", str(bundle), "--out", str(tmp_path / "o.csv")]
    for more, told in ((["--models", "oracle"], "oracle"), (["--text-column", "x"], "column")):
        assert main([*command, *more]) == 2
        assert told in capsys.readouterr().err
    assert main(["batch", str(tmp_path / "no.csv"), "--out", str(tmp_path / "o.csv")]) == 2
