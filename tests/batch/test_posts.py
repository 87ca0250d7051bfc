import pytest

from mhkd.batch.posts import Columns, check_posts, guess_columns, match_labels, name_doubts
from mhkd.batch.table import PostTable, read_table
from mhkd.errors import InputError
from mhkd.limits import MAX_CHARS

LABELS = ("depression", "suicide")


def test_columns_are_guessed_by_name_or_length():
    assert guess_columns(read_table("a.csv", b"Label,ID,Body\na,1,b\n")) == Columns(
        "Body", "ID", "Label"
    )
    assert guess_columns(read_table("a.csv", b"x,y1\nshort,a much longer text\n")).text == "y1"


def test_bad_rows_are_told_one_by_one():
    texts = [
        "I am fine today",
        "",
        "   ",
        "a",
        "x" * (MAX_CHARS + 1),
        "bad \udce9 byte",
        "12 34 !!",
    ]
    content = "text\n" + "\n".join(f'"{text}"' for text in texts)
    table = read_table("a.csv", content.encode("utf-8", "surrogateescape"))
    posts = check_posts(table, Columns("text"), LABELS)
    assert posts.usable.tolist() == [0]
    assert {row: fault.code for row, fault in posts.faults.items()} == {
        2: "empty",
        3: "empty",
        4: "too_few_letters",
        5: "too_long",
        6: "not_unicode",
        7: "too_few_letters",
    }


def test_labels_are_matched_by_spelling_or_by_the_reader():
    table = read_table("a.csv", b"text,label\nabc, Suicide \nabc,depression\nabc,other\nabc,\n")
    columns = Columns("text", label="label")
    assert match_labels(table.columns["label"], LABELS) == {
        "Suicide": "suicide",
        "depression": "depression",
        "other": None,
    }
    assert check_posts(table, columns, LABELS).truth.tolist() == [1, 0, -1, -1]
    told = {"other": "depression"}
    assert check_posts(table, columns, LABELS, told).truth.tolist() == [-1, -1, 0, -1]


def test_a_column_that_is_not_there():
    with pytest.raises(InputError, match="no column"):
        check_posts(read_table("a.csv", b"text\nabc\n"), Columns("nope"), LABELS)


def test_a_text_that_limits_its_answer_is_marked_and_still_answered():
    german = "Ich bin so müde und ich weiß nicht mehr, was ich noch machen soll."
    table = PostTable("", {"text": ["I am tired.", german, "", " ".join(["calm day"] * 40)]}, ())
    posts = check_posts(table, Columns("text"), ("low", "high"))
    assert posts.usable.tolist() == [0, 1, 3]
    assert posts.doubts[1].codes == ("too_few_words",) and posts.doubts[1].withheld
    assert posts.doubts[2].codes == ("not_english",) and posts.doubts[2].withheld
    assert "repetitive" in posts.doubts[4].codes
    assert 3 not in posts.doubts  # it gets no answer, and says why
    whole = "I went for a long walk today because the house was too quiet, and on the way back "
    whole += "my sister called, which helped me more than she knows."
    fine = PostTable("", {"text": [whole]}, ())
    assert not check_posts(fine, Columns("text"), ("low", "high")).doubts
    assert name_doubts(posts, [0, 1]) == ["no answer"] * 2
