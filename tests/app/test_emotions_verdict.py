"""What is said of whether emotions carry the emotion teacher's answers."""

from __future__ import annotations

from typing import Any

import pytest

from app.emotions_wording import say_emotions_verdict


def _data(own: float, shuffled: tuple[float, float], name: str) -> dict[str, Any]:
    rows = [
        {"variant": name, "accuracy": own, "interval": [own - 0.02, own + 0.02], "n": 1516},
        {
            "variant": f"{name}, emotions shuffled",
            "accuracy": shuffled[0],
            "interval": [shuffled[0] - 0.02, shuffled[1]],
            "n": 1516,
        },
    ]
    return {"validation": {"emotion_study": rows}}


@pytest.mark.parametrize("name", ["graph", "contexts and graph"])
def test_the_verdict_follows_the_interval_of_the_difference(name: str) -> None:
    alike = say_emotions_verdict(_data(0.706, (0.703, 0.726), name))
    assert alike is not None
    assert "no fall of this teacher’s accuracy can be told from chance" in alike
    assert "+0.3 points, −3.0 to +3.5" in alike
    assert "70.6 %" in alike and "70.3 %" in alike and "1,516" in alike
    better = say_emotions_verdict(_data(0.706, (0.65, 0.67), name))
    assert better is not None and "In one trial the emotions carried part" in better


def test_nothing_is_said_where_nobody_looked() -> None:
    assert say_emotions_verdict({}) is None
    assert say_emotions_verdict({"validation": {"emotion_study": []}}) is None
