"""What distillation gains, row by row and over all posts."""

from dataclasses import replace

import pytest

from mhkd.bundle import load_bundle
from mhkd.metrics import pool_paired
from mhkd.results.twins import collect_twins, tell_twins


@pytest.fixture(scope="module")
def bundle():
    return load_bundle("sdcnl")


def test_every_student_stands_beside_its_twin(bundle):
    found = collect_twins(bundle)
    assert [(row.student, row.protocol) for row in found] == [
        ("Student", "test part, one seed"),
        ("Student", "test part, mean of 5 and 5 seeds"),
        ("Larger student", "test part, one seed"),
    ]
    told = tell_twins(found)
    many = bundle.manifest.metrics["comparison"]["seeds_against_twin"]
    low, high = (f"{100 * value:+.1f}".replace("-", "−") for value in many["interval"])
    assert f"| 379 | – | – | – | −0.2 points [{low}, {high}]" in told
    assert "| sdcnl | Larger student | test part, one seed | 379 | 13 | 10 | 0.68 |" in told
    assert "| all |" not in told
    assert tell_twins([]) == ""


def test_folds_stand_for_the_test_part_where_all_posts_are_added_up(bundle):
    report = {
        "folds": 10,
        "student_against_twin": {"only_first": 30, "only_second": 20, "n": 1000},
    }
    report["student_against_twin"] = pool_paired([report["student_against_twin"]])
    other = replace(bundle, manifest=bundle.manifest.model_copy(update={"name": "other"}))
    vars(other)["crossval_report"] = report  # what the cached property would read
    found = [*collect_twins(bundle), *collect_twins(other)]
    assert [row.protocol for row in found if row.pooled and row.student == "Student"] == [
        "test part, one seed",
        "pooled over 10 folds",
    ]
    told = tell_twins(found)
    one = bundle.manifest.metrics["comparison"]["student_against_twin"]
    assert f"| all | Student | pooled | 1,379 | {one['only_first'] + 30} |" in told
    assert "| all | Larger student | pooled | 758 | 26 | 20 |" in told


def test_a_bundle_of_before_lacks_rows_and_nothing_else(bundle):
    only = {"student_against_twin": bundle.manifest.metrics["comparison"]["student_against_twin"]}
    metrics = {**bundle.manifest.metrics, "comparison": only}
    changed = replace(bundle, manifest=bundle.manifest.model_copy(update={"metrics": metrics}))
    assert [row.student for row in collect_twins(changed)] == ["Student"]
