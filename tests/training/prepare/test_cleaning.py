import pytest

from mhkd.training.prepare.cleaning import clean_text, is_placeholder, join_post


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("tea &amp; cake &lt;3", "tea & cake <3"),
        ("see [the walk](https://example.org/a_b?c=1), it was good", "see the walk, it was good"),
        ("see https://example.org/x now", "see  now"),
        ("thanks u/some_one and /u/other-1!", "thanks  and !"),
        ("hello @someone, write to me@example.org", "hello , write to"),
        ("half and/us, 3:30, a@b", "half and/us, 3:30, a@b"),
        ("one\r\ntwo  ", "one\ntwo"),
    ],
)
def test_addresses_and_names_go_and_words_stay(given, kept):
    assert clean_text(given) == kept


def test_a_placeholder_is_no_body():
    assert join_post("A title", "emptypost") == "A title"
    assert join_post("A title", " [removed] ") == "A title"
    assert join_post("A title", "A body") == "A title\nA body"
    assert join_post("", "A body") == "A body"
    assert is_placeholder("[Deleted]")
    assert not is_placeholder("empty")
