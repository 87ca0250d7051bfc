"""Terms are explained where they first stand, by the one glossary."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from app.glossary import TERMS, explain

_APP = Path(__file__).resolve().parents[2] / "app"


def _list_explained() -> dict[str, set[str]]:
    """File → terms that it explains, from every call in the source."""
    found: dict[str, set[str]] = {}
    for file in _APP.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "explain":
                terms = found.setdefault(str(file.relative_to(_APP)), set())
                for term in node.args:
                    assert isinstance(term, ast.Constant), file
                    terms.add(term.value)
    return found


def test_every_term_that_is_explained_is_in_the_glossary() -> None:
    explained = set().union(*_list_explained().values())
    assert explained <= {term for term, _ in TERMS}
    assert len(dict(TERMS)) == len(TERMS)


@pytest.mark.parametrize(
    ("file", "terms"),
    [
        ("components/answer.py", {"Calibrated probability", "Outside"}),
        ("components/summary.py", {"Set of labels"}),
        ("components/models_table.py", {"Divergence"}),
        ("components/contributions.py", {"Contribution", "Shapley value"}),
        ("components/words.py", {"Attribution", "Trust mark"}),
        ("views/batch.py", {"Calibrated probability", "ECE"}),
        ("components/batch/rows.py", {"Divergence"}),
        ("components/models/results.py", {"AUC", "Set of labels", "Shapley value"}),
        ("components/models/origin.py", {"Attribution"}),
    ],
)
def test_terms_stand_beside_where_they_are_first_used(file: str, terms: set[str]) -> None:
    assert terms <= _list_explained()[file]


def test_a_help_holds_the_sentences_of_the_glossary() -> None:
    told = explain("Divergence", "ECE")
    assert told.startswith("**Divergence.** How far two answers lie apart")
    assert dict(TERMS)["ECE"] in told
    assert told.count("\n\n") == 1
    with pytest.raises(KeyError):
        explain("Vibes")
