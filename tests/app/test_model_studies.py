"""What was compared, as rows."""

from __future__ import annotations

from app.model_studies import (
    count_posts,
    list_emotion_parts,
    list_f1,
    list_losses,
    list_rules,
    list_variants,
    say_overlap,
)

_ROW = {"accuracy": 0.748, "interval": [0.726, 0.769], "log_loss": 0.5281, "n": 1516}


def test_studies_are_told_with_their_intervals() -> None:
    data = {
        "validation": {
            "mean_rules": [{"rule": "plain mean of all", **_ROW}],
            "emotion_study": [{"variant": "graph, emotions shuffled", **_ROW}],
        }
    }
    assert list_rules(data) == [("Plain mean of all", "74.8 % (72.6–76.9)", "0.528")]
    assert list_emotion_parts(data)[0][0] == "Graph, emotions shuffled"
    told = count_posts(data["validation"]["mean_rules"])
    assert told == "On 1,516 held-out training posts, with 95 % intervals."
    assert list_rules({}) == [] and list_emotion_parts({}) == [] and count_posts([]) == ""


def test_losses_stand_in_their_order() -> None:
    row = {"alpha": 0.3, "T": 2.0, "rule": "log_loss", **_ROW}
    assert list_losses({"validation": {"loss_study": [row]}}) == [
        ("0.3", "2", "weights of least log-loss", "74.8 %", "0.528")
    ]
    row |= {"rule": "mean", "paper_loss": True}
    assert list_losses({"validation": {"loss_study": [row]}})[0][2] == (
        "plain mean, the paper’s CE + KL/C"
    )
    assert list_losses({}) == []


def test_overlapping_intervals_are_told() -> None:
    def student(low: float, high: float | None) -> dict[str, object]:
        return {"accuracy": {"interval": None if high is None else [low, high]}}

    assert "All these intervals overlap" in say_overlap(
        [student(0.7, 0.8), student(0.75, 0.85)], "accuracy"
    )
    assert "Not all" in say_overlap([student(0.7, 0.74), student(0.75, 0.85)], "accuracy")
    assert say_overlap([student(0.7, None)], "accuracy") == ""


def test_f1_and_variants() -> None:
    found = {
        "accuracy": 0.7,
        "f1_per_class": [0.7, 0.8],
        "intervals": {"accuracy": [0.6, 0.8], "f1_per_class": [[0.6, 0.75], [0.7, 0.9]]},
    }
    metrics = {
        "student": found,
        "comparison": {},
        "variants": {"author_disjoint": {"n": 300, "models": {"student": found}}},
    }
    assert list_f1(metrics, ("low", "high")) == [
        ("Student", "70.0 % (60.0–75.0)", "80.0 % (70.0–90.0)")
    ]
    heads, rows = list_variants(metrics)
    assert heads == ["By nobody who wrote a training post, n = 300"]
    assert rows == [("Student", "70.0 % (60.0–80.0)")]
    assert list_variants({"variants": {"author_disjoint": {"n": 3, "models": {}}}}) == ([], [])
    assert list_variants(metrics, authors=False) == ([], [])
