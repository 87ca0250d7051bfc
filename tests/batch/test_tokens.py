"""How much of each post of a batch was read, from the models themselves."""

from __future__ import annotations

import pytest

from mhkd.analyser import Analyser
from mhkd.batch.output import find_doubt, tabulate_answers
from mhkd.batch.posts import Columns, check_posts
from mhkd.batch.run import BatchRun
from mhkd.batch.table import PostTable
from mhkd.post import Post
from tests.analysed import LONG, TEXT

CUT = ("so tired of it all today " * 500)[:12_000]  # more than four windows


@pytest.mark.parametrize("familiar", [False, True])
def test_tokens_are_those_of_the_post_alone(analyser: Analyser, familiar: bool) -> None:
    texts = [CUT, TEXT, LONG]
    found = analyser.answer_texts(texts, ("student", "emotion", "text"), familiar=familiar)
    assert set(found.tokens) == {"student", "text"}
    for place, text in enumerate(texts):
        alone = analyser.analyse(Post(text), explain="none", speak=False).read
        for model in ("student", "text"):
            read = alone[model]
            assert read is not None
            assert found.tokens[model][place].tolist() == [read.tokens_read, read.tokens_total]
    assert found.tokens["student"][0, 0] < found.tokens["student"][0, 1]


def test_models_without_sub_words_tell_none(analyser: Analyser) -> None:
    assert not analyser.answer_texts([TEXT], ("emotion",)).tokens


def test_a_post_that_is_cut_is_told_as_alone(analyser: Analyser) -> None:
    posts = check_posts(PostTable("", {"text": [CUT, TEXT]}, ()), Columns("text"), analyser.labels)
    run = BatchRun(posts, tuple(analyser.labels), ("student",))
    run.advance(analyser)
    alone = analyser.analyse(Post(CUT), explain="none", speak=False)
    assert "truncated" in [finding.code for finding in alone.quality]
    doubt = find_doubt(run, 0)
    assert doubt is not None and "truncated" in doubt.codes
    table = tabulate_answers(run).to_pydict()
    assert table["tokens_read"][0] < table["tokens_total"][0]
    assert table["tokens_read"][1] == table["tokens_total"][1]
