import pytest
import torch

from mhkd.training import kept_posts, stages
from mhkd.training.kept_posts import keep_for_posts, kept_keys, key_of
from mhkd.training.stages import Pace, RunFolder


def test_each_post_is_computed_once_whatever_it_stands_among(tmp_path):
    asked = []

    def keep(texts):
        def make(rows):
            asked.append([texts[row] for row in rows])
            return [torch.full((len(texts[row]),), float(len(texts[row]))) for row in rows]

        return keep_for_posts(
            RunFolder(tmp_path, print), "length", [key_of(text) for text in texts], make
        )

    assert [len(tensor) for tensor in keep(["aa", "b", "aa"])] == [2, 1, 2]
    assert [len(tensor) for tensor in keep(["ccc", "b", "aa"])] == [3, 1, 2]
    assert [len(tensor) for tensor in keep(["b"])] == [1]
    assert asked == [["aa", "b"], ["ccc"]]


def test_another_name_is_another_thing(tmp_path):
    keep_for_posts(RunFolder(tmp_path, print), "one", ["k"], lambda _: [torch.zeros(1)])
    found = keep_for_posts(RunFolder(tmp_path, print), "two", ["k"], lambda _: [torch.ones(1)])
    assert found[0].item() == 1


def test_what_is_kept_can_be_asked_for(tmp_path):
    keep_for_posts(
        RunFolder(tmp_path, print), "one", ["a", "b"], lambda rows: [torch.zeros(1) for _ in rows]
    )
    assert kept_keys(tmp_path, "one") == {"a", "b"}
    assert kept_keys(tmp_path, "two") == set()


def test_a_run_that_is_stopped_goes_on_after_the_last_file(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_posts, "_POSTS_OF_A_FILE", 2)
    run, asked = RunFolder(tmp_path, print), []

    def make(rows):
        asked.append(rows)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return [torch.full((1,), float(row)) for row in rows]

    with pytest.raises(KeyboardInterrupt):
        keep_for_posts(run, "one", list("abcde"), make)
    found = keep_for_posts(run, "one", list("abcde"), make)
    assert [tensor.item() for tensor in found] == [0, 1, 2, 3, 4]
    assert asked == [[0, 1], [2, 3], [2, 3], [4]]


def test_progress_is_told_now_and_then_with_the_time_left(monkeypatch):
    times, told = iter([0.0, 10.0, 60.0, 70.0, 200.0]), []
    monkeypatch.setattr(stages.time, "monotonic", lambda: next(times))
    pace = Pace(told.append, "speech", 100)
    for done in (5, 20, 25, 100):
        pace.tell(done)
    assert told == ["speech: 20 of 100, about 4 min left"]
