"""An analyser whose answers depend on the words; as a page: ``streamlit run`` this file."""

from __future__ import annotations

import os
import runpy
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]
if str(_ROOT) not in sys.path:
    sys.path.insert(0, str(_ROOT))

from mhkd.analysis import Analysis, Attributions  # noqa: E402
from mhkd.post import Post  # noqa: E402
from tests.app.example_analysis import ExampleAnalyser, build_analysis  # noqa: E402

LOWERING = "helps"


@dataclass
class WordAnalyser(ExampleAnalyser):
    """Each “helps” lowers the second label for the student and all teachers."""

    calls: int = 0

    def analyse(self, post: Post, **options: Any) -> Analysis:
        """What the example says, moved by the words."""
        self.calls += 1
        self.probability = max(0.82 - 0.3 * post.text.split().count(LOWERING), 0.05)
        whole = super().analyse(post, **options)
        moved = self.probability - 0.82
        predictions = {
            name: found
            if found is None or name == "student"
            else replace(
                found,
                probabilities={
                    "depression": found.probabilities["depression"] - moved / 2,
                    "suicide": found.probabilities["suicide"] + moved / 2,
                },
            )
            for name, found in build_analysis(
                post, speak=options.get("speak", True), probability=self.probability
            ).predictions.items()
        }
        target = options.get("target") or "suicide"
        contributions = whole.teacher_contributions
        assert contributions is not None
        return replace(
            whole,
            predictions=predictions,
            attributions=whole.attributions
            if options.get("explain", "all") == "all"
            else Attributions(),
            teacher_contributions=replace(contributions, target=target),
        )


@dataclass
class OtherAnalyser(WordAnalyser):
    """The same with another second label, as of a bundle for another task."""

    @property
    def manifest(self) -> Any:
        """The example's, with sources of its own."""
        told = super().manifest
        told.label_sources = {"depression": "a forum elsewhere", "none": "other parts of Reddit"}
        return told

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels."""
        return ("depression", "none")

    def analyse(self, post: Post, **options: Any) -> Analysis:
        """What the example says, under the other label."""
        whole = super().analyse(post, **{**options, "target": None})
        assert whole.teacher_contributions is not None
        return replace(
            whole,
            labels=self.labels,
            predictions={
                name: found
                and replace(
                    found,
                    probabilities=dict(zip(self.labels, found.probabilities.values(), strict=True)),
                )
                for name, found in whole.predictions.items()
            },
            teacher_contributions=replace(whole.teacher_contributions, target="none"),
        )


if __name__ == "__main__":
    from app import models

    models.load_analyser = lambda: WordAnalyser(pause_s=float(os.environ.get("MHKD_PAUSE", "0.2")))
    runpy.run_path(str(_ROOT / "app" / "main.py"), run_name="__main__")
