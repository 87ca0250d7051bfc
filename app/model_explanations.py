"""How explanations fared on held-out posts → rows and a figure. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from app.batch_numbers import Numbers
from app.charts import draw_intervals, name_rows, set_frame
from app.theme import NEUTRAL, STUDENT
from app.wording import MODEL_NAMES, say_rate

Row = tuple[str, ...]
TEST_HEADER = (
    "Model and method", "Posts", "Strongest away", "Random away", "Ratio", "Strongest alone",
    "Random alone",
)  # fmt: skip
AGREEMENT_HEADER = (
    "Model and method", "Converged", "Median gap", "Rank correlation", "Overlap",
    "Other baseline", "Median time",
)  # fmt: skip
_ABSENT = "–"


def list_groups(report: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Each model with all its explanations, with those of each method, and with other methods."""
    groups = []
    for model, found in report["models"].items():
        name = MODEL_NAMES.get(model, model)
        groups.append((name, found["all"]))
        if len(found["methods"]) > 1:
            groups += [(f"– {_brief(method)}", part) for method, part in found["methods"].items()]
        if len(units := found.get("units", {})) > 1:
            groups += [(f"– tested by {unit}s", part) for unit, part in units.items()]
        beside = found.get("seconds", {})  # not in reports of earlier versions
        groups += [(f"– beside it {_brief(method)}", part) for method, part in beside.items()]
    return groups


def _brief(method: str) -> str:
    """Without what stands in brackets."""
    return method.split(" (")[0]


def _list_models(report: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(MODEL_NAMES.get(name, name), part["all"]) for name, part in report["models"].items()]


def list_tests(report: Mapping[str, Any]) -> list[Row]:
    """One row for each group: what taking words away does."""
    return [
        (
            name,
            f"{part['tested']:,} of {part['posts']:,}",
            *(_say(part[key]) for key in ("comprehensiveness", "random_comprehensiveness")),
            _say_ratio(part),
            *(_say(part[key]) for key in ("sufficiency", "random_sufficiency")),
        )
        for name, part in list_groups(report)
    ]


def _say_ratio(part: Mapping[str, Any]) -> str:
    """The ratio, or its lower bound alone where random words may take nothing away."""
    ratio, chance = part["ratio_of_means"], part["random_comprehensiveness"]
    if ratio is None or chance["interval"][0] > 0:
        return _say(ratio)
    return f"over {ratio['interval'][0]:.1f}" if ratio["interval"][0] > 0 else _ABSENT


def list_agreement(report: Mapping[str, Any]) -> list[Row]:
    """One row for each model: convergence, agreement with a second method, time with tests.

    Gradients that stand beside an explanation of sound have a row of their own.
    """
    rows = []
    for model, found in report["models"].items():
        part, gap = found["all"], found["all"]["relative_gap_median"]
        converged = found["converged"]
        times = (part.get("explain_s_median"), part.get("check_s_median"))
        rows.append(
            (
                MODEL_NAMES.get(model, model),
                _ABSENT if converged is None else f"{100 * converged['share']:.1f} %",
                _ABSENT if gap is None else f"{100 * gap:.1f} %",
                *(_say(part[key]) for key in ("rank_correlation", "overlap", "other_baseline")),
                _ABSENT if None in times else " + ".join(f"{time:.1f} s" for time in times),
            )
        )
        rows += [
            (
                f"– beside it {_brief(method)}",
                f"{100 * part['converged']['share']:.1f} %",
                _ABSENT,
                _say(part["rank_correlation"]),
                *[_ABSENT] * 3,
            )
            for method, part in found.get("seconds", {}).items()
            if part["converged"] is not None
        ]
    return rows


def say_marks(report: Mapping[str, Any]) -> list[str]:
    """For each model: how many converged, and which marks they got."""
    told = []
    for model, found in report["models"].items():
        parts = []
        if found["converged"] is not None:
            parts.append(f"gradients converged for {say_rate(found['converged'])}")
        if found["marks"]:
            marks = ", ".join(f"{mark} {count}" for mark, count in sorted(found["marks"].items()))
            parts.append(f"marks: {marks}")
        if targets := found.get("targets"):
            labels = ", ".join(f"{label} {count}" for label, count in sorted(targets.items()))
            parts.append(f"labels explained: {labels}")
        if parts:
            told.append(f"{MODEL_NAMES.get(model, model)}: {'; '.join(parts)}.")
    return told


def draw_explanations(report: Mapping[str, Any]) -> go.Figure | None:
    """Fall of the logit without the strongest words (circles) and without random ones."""
    groups = [(n, p) for n, p in _list_models(report) if p["comprehensiveness"] is not None]
    if not groups:
        return None
    names = [name for name, _ in groups]
    figure = go.Figure()
    for key, colour, symbol, told in (
        ("random_comprehensiveness", NEUTRAL, "diamond", "random words"),
        ("comprehensiveness", STUDENT, "circle", "the strongest words"),
    ):
        found = [part[key] for _, part in groups]
        values = [one["mean"] for one in found]
        figure.add_scatter(
            x=values,
            y=names,
            mode="markers",
            name=f"without {told}",
            marker={"size": 12, "color": colour, "symbol": symbol},
            error_x=draw_intervals(values, [one["interval"] for one in found], colour),
            hovertemplate=f"%{{y}}, without {told}: %{{x:.3f}}<extra></extra>",
        )
    set_frame(figure, height=120 + 38 * len(names), bottom=50, top=36)
    name_rows(figure, names[::-1])
    figure.update_layout(
        showlegend=True, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"}
    )
    figure.update_xaxes(fixedrange=True, title={"text": "Mean fall of the logit", "standoff": 8})
    return figure


def list_explanation_numbers(report: Mapping[str, Any]) -> Numbers:
    """What ``draw_explanations`` shows."""
    rows = []
    for name, part in _list_models(report):
        for key in ("comprehensiveness", "random_comprehensiveness"):
            one = part[key]
            low, high = (None, None) if one is None else one["interval"]
            rows.append(
                (name, key, None if one is None else one["mean"], low, high, part["tested"])
            )
    return Numbers(("group", "measure", "mean", "low", "high", "posts"), rows)


def _say(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return _ABSENT
    low, high = found["interval"]
    if low == high:  # of a single post, or of posts that are all alike
        return f"{found['mean']:.2f}".replace("-", "−")
    return f"{found['mean']:.2f} ({low:.2f}–{high:.2f})".replace("-", "−")
