import json
import sys

import numpy as np
import pytest
from sklearn.metrics import f1_score
from typer.testing import CliRunner

from mhkd.cli import app
from mhkd.emotion.check import check_lexicon
from mhkd.emotion.lexicon import Lexicon
from mhkd.errors import InputError

LEXICON = Lexicon(
    "mine", ("joy", "sadness", "trust"), {"glad": ("joy",), "tears": ("joy", "sadness")}
)
GROUPS = {"joy": ("joy", "amusement"), "sadness": ("grief",)}
COMMENTS = [
    ("I am glad!", ("amusement",)),
    ("Tears again", ("grief",)),
    ("Nothing here", ("neutral",)),
    ("So glad", ("neutral",)),
]


def test_it_agrees_with_scikit_learn():
    found = check_lexicon(LEXICON, COMMENTS, GROUPS)
    truth = np.array([[1, 0], [0, 1], [0, 0], [0, 0]])
    guess = np.array([[1, 0], [1, 1], [0, 0], [1, 0]])
    assert found.emotions == ("joy", "sadness")
    assert found.macro_f1 == pytest.approx(f1_score(truth, guess, average="macro"))
    assert found.everywhere_f1 == pytest.approx(f1_score(truth, np.ones((4, 2)), average="macro"))
    assert (found.comments, found.covered) == (4, 0.75)
    assert found.interval[0] <= found.macro_f1 <= found.interval[1]


def test_nothing_in_common_is_told():
    with pytest.raises(InputError, match="no emotion in common"):
        check_lexicon(Lexicon("other", ("trust",), {"firm": ("trust",)}), COMMENTS, GROUPS)


def test_the_command_reads_a_lexicon_of_ones_own(tmp_path):
    (tmp_path / "mine.tsv").write_text("glad\tjoy\ntears\tsadness\n")
    (tmp_path / "c.csv").write_text("id,text,label\n1,I am glad,joy\n2,tears,grief|sadness\n")
    asked = ["lexicon", "check", str(tmp_path / "mine.tsv"), "--comments", str(tmp_path / "c.csv")]
    result = CliRunner().invoke(app, [*asked, "--json"])
    assert json.loads(result.stdout)["macro_f1"] == 1.0
    assert "macro-F1 1.000" in CliRunner().invoke(app, asked).stdout


def test_the_command_takes_lexicons_by_name_and_the_emotions_of_a_comparison(tmp_path, monkeypatch):
    entries = {"glad": ["joy", "positive"], "tears": ["sadness"]}
    (tmp_path / "nrclex" / "data").mkdir(parents=True)
    (tmp_path / "nrclex" / "__init__.py").write_text("")
    (tmp_path / "nrclex" / "data" / "nrc_en.json").write_text(json.dumps(entries))
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("nrclex", None)
    (tmp_path / "c.csv").write_text("id,text,label\n1,I am glad,joy\n2,tears,grief|sadness\n")
    end = ["--comments", str(tmp_path / "c.csv"), "--json"]

    def check(*arguments):
        return CliRunner().invoke(app, ["lexicon", "check", *arguments, *end])

    assert json.loads(check("emolex").stdout)["emotions"] == ["sadness"]  # joy is "other" there
    assert json.loads(check("emolex:all").stdout)["emotions"] == ["joy", "sadness"]
    chosen = check("goemotions", "--emotions", "joy,sadness")
    assert json.loads(chosen.stdout)["emotions"] == ["joy", "sadness"]
    wrong = check("emolex", "--emotions", "sadness,joy")
    assert isinstance(wrong.exception, InputError)
    assert "'joy' is not known to both" in str(wrong.exception)
