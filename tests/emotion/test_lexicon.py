import pytest

from mhkd.assets import ASSETS
from mhkd.emotion.lexicon import derive_lexicon, load_lexicon, save_lexicon
from mhkd.errors import InputError

GROUPS = {"joy": ("joy", "pride"), "sadness": ("sadness",)}


def make_texts():
    glad = [(f"wonderful morning number{i}", ("joy",)) for i in range(20)]
    low = [(f"lonely evening number{i}", ("sadness",)) for i in range(20)]
    plain = [(f"the table was moved number{i}", ("neutral",)) for i in range(40)]
    return glad + low + plain


def test_a_word_goes_with_the_emotion_it_is_frequent_in():
    found = {(a.word, a.emotion): a for a in derive_lexicon(make_texts(), GROUPS, min_count=5)}
    assert set(found) == {
        ("wonderful", "joy"),
        ("morning", "joy"),
        ("lonely", "sadness"),
        ("evening", "sadness"),
    }
    # 20.5 of 21 against 0.5 of 61, in bits
    assert found["lonely", "sadness"].strength == pytest.approx(6.90, abs=0.01)
    assert found["lonely", "sadness"].count == 20


def test_function_words_and_rare_words_are_left_out():
    texts = [("you wonderful", ("joy",))] * 4 + [("you", ("joy",))] * 20 + [("x", ("y",))] * 20
    assert derive_lexicon(texts, GROUPS, min_count=5) == []


def test_a_saved_lexicon_reads_back(tmp_path):
    file = tmp_path / "mine.tsv"
    save_lexicon(derive_lexicon(make_texts(), GROUPS, min_count=5), file, ["a note"])
    lexicon = load_lexicon(file)
    assert lexicon.name == "mine"
    assert lexicon.emotions == ("joy", "sadness")
    assert lexicon.words["lonely"] == ("sadness",)


def test_a_line_without_emotion_is_named(tmp_path):
    file = tmp_path / "broken.tsv"
    file.write_text("word\tjoy\nalone\n", "utf-8")
    with pytest.raises(InputError, match="line 2"):
        load_lexicon(file)


def test_the_shipped_lexicon_has_ten_emotions_and_plain_words():
    lexicon = load_lexicon(ASSETS / "lexicons" / "goemotions.tsv")
    assert len(lexicon.emotions) == 10
    assert "sadness" in lexicon.words["sad"]
    assert "fear" in lexicon.words["afraid"]
    assert "the" not in lexicon.words
