"""``mhkd bench`` over a tiny real bundle: what is timed, and how ratios come about."""

from __future__ import annotations

import json

import pytest
from transformers import BertConfig

from mhkd.bench.clock import time_in_turn
from mhkd.bench.command import tabulate
from mhkd.bench.posts import write_post, write_posts
from mhkd.bench.references import count_operations
from mhkd.bench.run import RATIOS, Plan, run_bench
from mhkd.device import has_fast_bf16
from tests.tiny import build_tiny_bundle

_SMALL = BertConfig(
    vocab_size=200, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
)


def test_a_run_measures_everything_beside_its_reference(tmp_path):
    told = []
    plan = Plan(rounds=2, words=12, posts=4, explained=True, reference=_SMALL)
    report = run_bench(str(build_tiny_bundle(tmp_path)), plan, device="cpu", say=told.append)
    found = json.loads(json.dumps(report.to_json(), allow_nan=False))
    times = found["times_ms"]
    assert ("batch_student_bf16" in times) == has_fast_bf16("cpu")
    ratios = {name: parts for name, parts in RATIOS.items() if set(parts) <= set(times)}
    assert all("bf16" in name for name in set(RATIOS) - set(ratios))
    assert set(ratios) <= set(found["ratios"])
    assert set(found["ratios_of_medians"]) == set(ratios)
    for name, (above, below) in ratios.items():
        assert found["ratios"][name] == times[above]["minimum"] / times[below]["minimum"]
    assert all(0 < t["minimum"] <= t["median"] for t in found["times_ms"].values())
    assert found["times_ms"]["student"]["runs"] == 2
    assert found["machine"]["gflops_matrix_product"] > 0
    assert found["memory_mb"]["bundle_and_one_analysis"] >= found["memory_mb"]["bundle_open"] > 0
    assert 0 < found["ratios"]["student_share_of_matrix_product_rate"] < 1
    assert len(told) == 5
    assert sum(table.row_count for table in tabulate(report)) > len(RATIOS)


def test_actions_take_turns_and_the_first_runs_do_not_count():
    order = []
    actions = {"a": lambda: order.append("a"), "b": lambda: order.append("b")}
    times = time_in_turn(actions, 2)
    assert order == ["a", "b"] * 3
    assert times["a"].runs == 2


def test_operations_of_one_layer_counted_by_hand():
    config = BertConfig(
        hidden_size=2, intermediate_size=3, num_hidden_layers=1, num_attention_heads=1
    )
    tokens = 5
    maps = tokens * (4 * 2 * 2 + 2 * 2 * 3)  # query, key, value, output; up, down
    attention = 2 * tokens * tokens * 2  # scores, and their use
    assert count_operations(config, 1, tokens) == 2 * (maps + attention)
    assert count_operations(config, 7, tokens) == 7 * count_operations(config, 1, tokens)


@pytest.mark.parametrize("words", [1, 13, 200])
def test_posts_have_the_length_asked_for(words):
    assert len(write_post(words).split()) == words
    assert write_post(words) != write_post(words, 1)


def test_the_posts_of_a_batch_are_always_the_same():
    posts = write_posts(40)
    assert posts == write_posts(40)
    assert min(len(post.split()) for post in posts) >= 12
    assert max(len(post.split()) for post in posts) <= 350
