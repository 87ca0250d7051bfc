"""The report as a section of the model card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mhkd.reports import MODEL_NAMES

_HEAD = (
    "| model | posts | converged | strongest words away | random words away | ratio | only the "
    "strongest | rank correlation | overlap |"
)


def tell_faithfulness(report: Mapping[str, Any]) -> str:
    """Markdown, beginning with its heading."""
    data = report["data"]
    lines = [_HEAD, "|---" * 9 + "|"]
    for model, found in report["models"].items():
        lines.append(_row(MODEL_NAMES[model], found["all"], _share(found["converged"])))
        if len(found["methods"]) > 1:
            lines += [_row(f"– {name}", part, "–") for name, part in found["methods"].items()]
        if len(units := found.get("units", {})) > 1:
            lines += [_row(f"– tested by {unit}s", part, "–") for unit, part in units.items()]
        lines += [
            _row(f"– beside it: {name}", part, _share(part["converged"]))
            for name, part in found.get("seconds", {}).items()
        ]
    parts = [
        "## Explanations",
        f"Tested on posts that nothing learned from ({data['file']}, {data['posts']} posts; "
        f"{'drawn' if 'drawn_by' in data else 'the first'} of them for each teacher). Numbers "
        "stand in `reports/explanations.json`. Fall of the logit when the strongest words "
        "(stretches, for sound) are taken away, and when as "
        "many random ones are; what it still lacks when only the strongest are left (at 1, 5, 10, "
        "20 and 50 %, averaged); agreement with a second method, as rank correlation of all words "
        "and overlap of the strongest. In brackets bootstrap 95 % intervals. Converged: gradients "
        "whose sum lies within 5 % of what it has to be; the others are explained by masking. "
        "A method beside an explanation gives an order of its own, tried on the same posts. Where "
        "random words may take nothing away, only the lower bound of the ratio is told.",
        "\n".join(lines),
    ]
    more = [
        f"{MODEL_NAMES[model]}, {method}: {_mean(part['more'])} (n = {part['more']['n']})"
        for model, found in report["models"].items()
        for method, part in found.get("seconds", {}).items()
        if part.get("more")
    ]
    if more:
        parts.append(
            "What the strongest of the other method take away more, post by post, than those of "
            "the explanation; masking is tried by masking, which favours it. "
            f"{'; '.join(more)}."
        )
    marks = [
        f"{MODEL_NAMES[model]}: "
        + ", ".join(f"{mark} {count}" for mark, count in sorted(found["marks"].items()))
        for model, found in report["models"].items()
        if found["marks"]
    ]
    targets = [
        f"{MODEL_NAMES[model]} {', '.join(f'{label} {n}' for label, n in sorted(told.items()))}"
        for model, found in report["models"].items()
        if (told := found.get("targets"))
    ]
    if targets:
        parts.append(f"Labels explained, which are the student's answers: {'; '.join(targets)}.")
    times = [
        f"{MODEL_NAMES[model]} {part['explain_s_median']:.1f} s and {part['check_s_median']:.1f} s "
        f"({part['timed']} posts)"
        for model, found in report["models"].items()
        if (part := found["all"]).get("timed")
    ]
    if times:
        told = f"Median time of an explanation and of its tests, on {report['device']}: "
        parts.append(f"{told}{'; '.join(times)}.")
    if marks:
        limits = report.get("thresholds_data")  # not in reports of earlier versions
        told = "" if limits is None else (
            f" by the limits that {limits['posts']} other posts ({limits['file']}) gave each model"
        )  # fmt: skip
        parts.append(f"Marks that the app gives to these explanations{told}. {'; '.join(marks)}.")
    return "\n\n".join(parts) + "\n"


def _row(name: str, part: Mapping[str, Any], converged: str) -> str:
    cells = [
        name,
        f"{part['tested']} of {part['posts']}",
        converged,
        *(_mean(part[key]) for key in ("comprehensiveness", "random_comprehensiveness")),
        tell_ratio(part, _mean),
        *(_mean(part[key]) for key in ("sufficiency", "rank_correlation", "overlap")),
    ]
    return f"| {' | '.join(cells)} |"


def tell_ratio(part: Mapping[str, Any], tell: Callable[[Mapping[str, Any] | None], str]) -> str:
    """The ratio of means, or its lower bound where random words may take nothing away.

    Args:
        part: of a report, all explanations of a model or those of one method.
        tell: how a mean with its interval is written.
    """
    ratio, chance = part["ratio_of_means"], part["random_comprehensiveness"]
    if ratio is None or chance["interval"][0] > 0:
        return tell(ratio)
    low = ratio["interval"][0]
    return f"over {low:.1f}" if low > 0 else tell(None)


def _mean(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "–"
    low, high = found["interval"]
    if low == high:  # of a single post, or of posts that are all alike
        return f"{found['mean']:.2f}"
    return f"{found['mean']:.2f} [{low:.2f}, {high:.2f}]"


def _share(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "–"
    low, high = found["interval"]
    return f"{100 * found['share']:.1f}% [{100 * low:.1f}, {100 * high:.1f}]"
