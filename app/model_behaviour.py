"""How answers changed over written pairs of posts → rows, sentences and figures. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import plotly.graph_objects as go

from app.batch_numbers import Numbers
from app.charts import draw_intervals, set_frame
from app.theme import NEUTRAL, STUDENT
from app.wording import MODEL_NAMES, join_words, say_rate, source_of

Row = tuple[str, ...]
SAME: Final = "same"
NOT_MORE: Final = "not more"
SAME_HEADER: Final = ("Changed", "Model", "Pairs", "Flips", "Mean change", "Largest")
NOT_MORE_HEADER: Final = (
    "Changed", "Model", "Pairs", "Mean probability", "Rises", "Falls", "Flips",
)  # fmt: skip
LIMIT: Final = (
    "The cases are invented and few, and written cases are not patients: a low rate here does "
    "not show that a model is fair to a group of people or understands a post. Pairs of one post "
    "resemble each other, so the intervals are rather too narrow."
)
_MARKS: Final = {
    "student": (STUDENT, "circle"), "text": (NEUTRAL, "square"), "emotion": (NEUTRAL, "x"),
}  # fmt: skip
_FEW_FLIPS: Final = 0.02
_APART = 0.24  # between the models of one row


def list_kinds(report: Mapping[str, Any], expects: str) -> dict[str, Mapping[str, Any]]:
    """Kinds that were asked, with one expectation."""
    return {
        name: kind
        for name, kind in report["kinds"].items()
        if kind["asked"] and kind["expects"] == expects
    }


def list_limits(report: Mapping[str, Any] | None) -> list[Row]:
    """What the student takes no notice of, and what turns its answer although it should not.

    Kinds whose mean does not fall by the margin, and kinds that should change nothing whose flips
    are more than a few: the interval of their rate begins above 2 %.
    """
    rows = []
    student = {} if report is None else report["models"].get("student", {})
    for name, kind in list_kinds(report, SAME).items() if report and student else ():
        flips = student[name]["flips"]
        if flips["interval"][0] > _FEW_FLIPS:
            told = (
                f"It should change nothing, and turned the student’s answer in {say_rate(flips)} "
                f"of {student[name]['pairs']:,} written pairs."
            )
            rows.append((kind["title"], told))
    for name, kind in list_kinds(report, NOT_MORE).items() if report and student else ():
        direction = student[name]["direction"]
        if direction["mean_before"] - direction["mean_after"] < report["margin"]:
            told = (
                f"It makes little difference to the student: over {student[name]['pairs']:,} "
                f"written pairs its mean probability of {direction['label']} went from "
                f"{100 * direction['mean_before']:.1f} to {100 * direction['mean_after']:.1f} %."
            )
            rows.append((kind["title"], told))
    return rows


def list_same(report: Mapping[str, Any]) -> list[Row]:
    """Kinds whose answer should stay the same, model by model."""
    return [
        (
            kind["title"],
            MODEL_NAMES[model],
            f"{found[name]['pairs']:,}",
            say_rate(found[name]["flips"]),
            _points(found[name]["mean_change"]),
            _points(found[name]["max_change"]),
        )
        for name, kind in list_kinds(report, SAME).items()
        for model, found in report["models"].items()
    ]


def list_not_more(report: Mapping[str, Any]) -> list[Row]:
    """Kinds whose label should get no more probable, model by model."""
    rows = []
    for name, kind in list_kinds(report, NOT_MORE).items():
        for model, found in report["models"].items():
            one, way = found[name], found[name]["direction"]
            rows.append(
                (
                    kind["title"],
                    MODEL_NAMES[model],
                    f"{one['pairs']:,}",
                    f"{_percent(way['mean_before'])} → {_percent(way['mean_after'])}",
                    say_rate(way["rises"]),
                    say_rate(way["falls"]),
                    say_rate(one["flips"]),
                )
            )
    return rows


def say_same(report: Mapping[str, Any]) -> str:
    """Which change flips each model's answer most often."""
    told = []
    for model, found in report["models"].items():
        kinds = list_kinds(report, SAME)
        worst = max(kinds, key=lambda name: found[name]["flips"]["share"])
        rate = found[worst]["flips"]
        told.append(
            f"{MODEL_NAMES[model]}: most often for “{kinds[worst]['title'].lower()}”, "
            f"{rate['count']} of {rate['n']}."
        )
    return (
        "Nothing that was changed here bears on the label, so a flip is a fault. Flips: "
        f"{' '.join(told)}"
    )


def say_not_more(report: Mapping[str, Any], sources: Mapping[str, str]) -> str:
    """Which changes each model hardly answers: its mean falls by less than the margin."""
    kinds = list_kinds(report, NOT_MORE)
    margin = report["margin"]
    names = dict.fromkeys(source_of(kind["label"], sources) for kind in kinds.values())
    told = []
    for model, found in report["models"].items():
        deaf = [
            kind["title"].lower()
            for name, kind in kinds.items()
            if (way := found[name]["direction"])["mean_before"] - way["mean_after"] < margin
        ]
        told.append(f"{MODEL_NAMES[model]}: {join_words(deaf, 'and') if deaf else 'none of them'}.")
    return (
        "Negated, quoted, said of others or past and over, the same words should not make "
        f"{join_words(list(names), 'and')} more probable; a rise or fall counts beyond "
        f"{100 * margin:.0f} points. Changes that take less than that off a model’s mean "
        f"probability, so that it hardly notices them: {' '.join(told)}"
    )


def list_remarks(report: Mapping[str, Any]) -> list[str]:
    """What is particular to a kind, which changes a model can't see, what was not asked."""
    told = [
        f"{kind['title']}: {kind['note']}"
        for kind in report["kinds"].values()
        if kind["asked"] and kind["note"]
    ]
    for model, found in report["models"].items():
        unseen = [
            f"{report['kinds'][name]['title'].lower()} ({one['unmoved']} of {one['pairs']})"
            for name, one in found.items()
            if one["unmoved"]
        ]
        if unseen:
            told.append(
                f"{MODEL_NAMES[model]}, pairs that give the very same answer, as it reads nothing "
                f"of what was changed: {join_words(unseen, 'and')}."
            )
    skipped = [k["title"].lower() for k in report["kinds"].values() if not k["asked"]]
    if skipped:
        told.append(f"Not asked, as no label here is about it: {join_words(skipped, 'and')}.")
    return told


def draw_rates(report: Mapping[str, Any], expects: str) -> go.Figure:
    """How often each kind goes wrong, a mark for each model with its interval."""
    kinds = list_kinds(report, expects)
    models = list(report["models"])
    figure = go.Figure()
    for place, model in enumerate(models):
        rates = [_wrong(report["models"][model][name], expects) for name in kinds]
        shares = [rate["share"] for rate in rates]
        colour, symbol = _MARKS[model]
        shift = _APART * (place - (len(models) - 1) / 2)
        figure.add_scatter(
            x=shares,
            y=[row + shift for row in range(len(kinds))],
            mode="markers",
            name=MODEL_NAMES[model],
            cliponaxis=False,
            marker={"size": 11, "color": colour, "symbol": symbol},
            error_x=draw_intervals(shares, [rate["interval"] for rate in rates], colour),
            hovertemplate=f"{MODEL_NAMES[model]}: %{{x:.1%}}<extra></extra>",
        )
    set_frame(figure, height=120 + 62 * len(kinds), bottom=50, top=36)
    figure.update_layout(
        showlegend=True, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    )
    figure.update_yaxes(
        tickvals=list(range(len(kinds))), ticktext=[kind["title"] for kind in kinds.values()],
        range=[len(kinds) - 0.5, -0.5], fixedrange=True, showgrid=False, zeroline=False, ticks="",
    )  # fmt: skip
    title = "Pairs whose label flips" if expects == SAME else "Pairs that rise"
    figure.update_xaxes(
        fixedrange=True, rangemode="tozero", tickformat=".0%", zeroline=False,
        title={"text": title, "standoff": 8},
    )  # fmt: skip
    return figure


def list_rates(report: Mapping[str, Any], expects: str) -> Numbers:
    """What ``draw_rates`` shows."""
    rows = []
    for name, kind in list_kinds(report, expects).items():
        for model, found in report["models"].items():
            rate = _wrong(found[name], expects)
            rows.append(
                (kind["title"], MODEL_NAMES[model], rate["share"], *rate["interval"], rate["n"])
            )
    what = "flips" if expects == SAME else "rises"
    return Numbers(("changed", "model", what, "low", "high", "pairs"), rows)


def say_pair(pair: Mapping[str, Any], sources: Mapping[str, str]) -> str:
    """What a pair did to the answer."""
    told = f"P({source_of(pair['label'], sources)}) {pair['before']:.3f} → {pair['after']:.3f}"
    return f"{told}; another label is the most probable one." if pair["flipped"] else f"{told}."


def list_worst(report: Mapping[str, Any], model: str, kind: str) -> Sequence[Mapping[str, Any]]:
    """The pairs of a kind that went farthest wrong."""
    found: Sequence[Mapping[str, Any]] = report["models"][model][kind]["worst"]
    return found


def _wrong(found: Mapping[str, Any], expects: str) -> Mapping[str, Any]:
    rate: Mapping[str, Any] = found["flips"] if expects == SAME else found["direction"]["rises"]
    return rate


def _points(value: float) -> str:
    return f"{100 * value:.1f} points"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"
