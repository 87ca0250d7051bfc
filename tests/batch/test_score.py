"""The share of one worker."""

from mhkd.batch.score import score_rows
from tests.batch.answering import ExamplePredictor

SURE = "I went for a long walk today because the house was too quiet and on the way my sister call."
EVEN = "I walked home with my sister and it was good for me to talk"[:49]


def test_a_worker_tells_states_and_sets_and_leaves_sound_out():
    table = score_rows(
        ExamplePredictor(least=0.33),
        list("abcd"),
        [SURE, EVEN, "", "I am tired."],
        ("student", "audio"),
    )
    assert not {"row", "teachers", "sound", "sound_s", "sound_total_s"} & set(table.column_names)
    assert table["student_state"].to_pylist() == ["decided", "not decided", None, "no answer"]
    assert table["student_set"].to_pylist() == ["suicide", "depression; suicide", None, None]
    assert table["id"].to_pylist() == list("abcd")


def test_the_columns_of_every_share_are_of_one_type():
    shares = [
        score_rows(ExamplePredictor(least=0.33), ["a"], [text], ("student",)) for text in (SURE, "")
    ]
    assert shares[0].schema.equals(shares[1].schema)
