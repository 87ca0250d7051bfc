import pytest

from mhkd.training.paper.clean import added_tokens, clean_post

FACES = [":)", ":))", ":3", "xD", "uwu"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Hello @someone, SEE https://a.b/C?d", "hello _USER_ , see _URL_"),
        ("Write to Me.x@example.org", "write to _EMAIL_"),
        ("So good :)) today", "so good :)) today"),
        ("Well:)then", "well :) then"),
        ("xD but not boxDrop", "xD but not boxdrop"),
        ("Walk \U0001f600Now", "walk \U0001f600 now"),
        ("It's 3:30", "it's 3 :3 0"),
    ],
)
def test_the_papers_cleaning(given, kept):
    assert clean_post(given, FACES) == kept


def test_what_is_kept_becomes_tokens():
    tokens = added_tokens(["walk \U0001f600", "now"], FACES)
    assert tokens[:3] == ["_URL_", "_EMAIL_", "_USER_"]
    assert tokens[-1] == "\U0001f600"
    assert set(FACES) <= set(tokens)
