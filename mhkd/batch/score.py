"""Rows in, answers out: what one worker of many does with its share of the posts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mhkd.batch.output import tabulate_answers
from mhkd.batch.posts import Columns, check_posts
from mhkd.batch.predictor import Predictor
from mhkd.batch.run import BatchRun
from mhkd.batch.states import read_set_rule
from mhkd.batch.table import PostTable

if TYPE_CHECKING:
    import pyarrow as pa


def score_rows(
    analyser: Predictor, ids: Sequence[str], texts: Sequence[str], models: Sequence[str]
) -> pa.Table:
    """Answers posts that carry an id each.

    A row that can't be answered has its reason in ``fault`` and no probabilities; the others
    are not affected.

    Args:
        analyser: the models.
        ids: one for each post.
        texts: the posts.
        models: among student, text, emotion and audio.

    Returns:
        The columns ``id``, for each model a probability of each label, its ``label`` and its
        ``state``, and the others of ``tabulate_answers``. Whether a post is outside what the
        student knows is not measured here and does not withhold an answer.
    """
    table = PostTable("", {"text": texts}, ())
    posts = check_posts(table, Columns("text"), analyser.labels)
    sets = read_set_rule(analyser.manifest)
    run = BatchRun(posts, tuple(analyser.labels), tuple(models), sets=sets)
    run.advance(analyser)
    answers = tabulate_answers(run, ids=ids)
    beside = {"row", "teachers"} | {f for f in answers.column_names if f.startswith("sound")}
    return answers.drop_columns([name for name in answers.column_names if name in beside])
