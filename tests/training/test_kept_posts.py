import torch

from mhkd.training.kept_posts import keep_for_posts, kept_keys, key_of


def test_each_post_is_computed_once_whatever_it_stands_among(tmp_path):
    asked = []

    def keep(texts):
        def make(rows):
            asked.append([texts[row] for row in rows])
            return [torch.full((len(texts[row]),), float(len(texts[row]))) for row in rows]

        return keep_for_posts(tmp_path, "length", [key_of(text) for text in texts], make)

    assert [len(tensor) for tensor in keep(["aa", "b", "aa"])] == [2, 1, 2]
    assert [len(tensor) for tensor in keep(["ccc", "b", "aa"])] == [3, 1, 2]
    assert [len(tensor) for tensor in keep(["b"])] == [1]
    assert asked == [["aa", "b"], ["ccc"]]


def test_another_name_is_another_thing(tmp_path):
    keep_for_posts(tmp_path, "one", ["k"], lambda _: [torch.zeros(1)])
    found = keep_for_posts(tmp_path, "two", ["k"], lambda _: [torch.ones(1)])
    assert found[0].item() == 1


def test_what_is_kept_can_be_asked_for(tmp_path):
    keep_for_posts(tmp_path, "one", ["a", "b"], lambda rows: [torch.zeros(1) for _ in rows])
    assert kept_keys(tmp_path, "one") == {"a", "b"}
    assert kept_keys(tmp_path, "two") == set()
