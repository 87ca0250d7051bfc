"""Two sections of the model card: the emotion teacher's parts, the students by teachers."""

from __future__ import annotations

from typing import Any

from mhkd.metrics import compare_shares, say_difference

_WHOLE = ("contexts and graph", "graph")  # the first that there is is the teacher itself


def tell_emotion_study(rows: list[dict[str, Any]], teacher: float | None = None) -> str:
    """What each part of the emotion teacher reaches; empty where it was not studied.

    Args:
        teacher: held-out accuracy of the teacher as it ships, which the study trains once more.
    """
    if not rows:
        return ""
    lines = [
        f"| {row['variant']} | {100 * row['accuracy']:.1f} [{100 * row['interval'][0]:.1f}, "
        f"{100 * row['interval'][1]:.1f}] | {row['log_loss']:.3f} |"
        for row in rows
    ]
    return (
        f"\n\nWhat the emotion teacher's parts carry, on held-out training posts (n = "
        f"{rows[0]['n']}; shuffled: the lexicon's sets of emotions given to other words of it, "
        "the graph learned anew):\n\n| word vectors | accuracy | log-loss |\n|---|---|---|\n"
        + "\n".join(lines)
        + f"\n\n{_again(rows, teacher)}{_emotions_add(rows)}"
    )


def _again(rows: list[dict[str, Any]], teacher: float | None) -> str:
    by_name = {row["variant"]: row["accuracy"] for row in rows}
    whole = next((name for name in _WHOLE if name in by_name), None)
    if whole is None or teacher is None:
        return ""
    return (
        f"The row “{whole}” is the teacher itself, trained a second time for this comparison: "
        f"{by_name[whole]:.1%}, where the one that ships has {teacher:.1%}. "
    )


def _emotions_add(rows: list[dict[str, Any]]) -> str:
    by_name = {row["variant"]: row for row in rows}
    told = []
    for name, own in by_name.items():
        shuffled = by_name.get(f"{name}, emotions shuffled")
        if shuffled is not None:
            gap = compare_shares(own["accuracy"], shuffled["accuracy"], own["n"])
            told.append(
                f"{name.capitalize()}, its own emotions against shuffled ones: "
                f"{say_difference(gap)}."
            )
    if not told:
        return ""
    return (
        " ".join(told) + " That is one shuffle, and the intervals are those of two independent "
        "samples (Newcombe), wider than the same posts would need."
    )


def tell_mean_rules(rows: list[dict[str, Any]]) -> str:
    """What weights of the teachers would gain; empty where it was not measured."""
    if not rows:
        return ""
    lines = [
        f"| {row['rule']} | {100 * row['accuracy']:.1f} [{100 * row['interval'][0]:.1f}, "
        f"{100 * row['interval'][1]:.1f}] | {row['log_loss']:.3f} |"
        for row in rows
    ]
    weights: dict[str, float] = next((row["weights"] for row in rows if "weights" in row), {})
    told = ", ".join(f"{name} {value:.2f}" for name, value in weights.items())
    return (
        f"\n\nRules for the teachers' mean, on held-out training posts (n = {rows[0]['n']}); the "
        "plain mean of all is used, as in the paper:\n\n| rule | accuracy | log-loss |\n"
        "|---|---|---|\n"
        + "\n".join(lines)
        + (f"\n\nFitted weights: {told}. {_compare_losses(rows)}" if told else "")
    )


def _compare_losses(rows: list[dict[str, Any]]) -> str:
    plain = rows[0]["log_loss"]
    fitted = next(row["log_loss"] for row in rows if "weights" in row)
    least = min(rows, key=lambda row: row["log_loss"])
    if fitted >= plain:
        return "They have no smaller log-loss than the plain mean."
    return (
        f"Their log-loss is smaller than the plain mean's ({fitted:.3f} against {plain:.3f}; the "
        f"smallest: {least['rule']}, {least['log_loss']:.3f}): the plain mean is the paper's rule, "
        "not the best one here."
    )


def tell_large(found: dict[str, Any] | None) -> str:
    """What the larger student reaches; empty where there is none."""
    if not found:
        return ""
    told, plain = found["distilled"], found["without_teachers"]
    return (
        f" The larger student: {told['accuracy']:.1%}, log-loss {told['log_loss']:.3f}; without "
        f"distillation {plain['accuracy']:.1%}, {plain['log_loss']:.3f}."
    )


def tell_loss_study(rows: list[dict[str, Any]], *, masked: bool = False) -> str:
    """What other temperatures, weights and rules give; empty where it was not studied.

    Args:
        masked: the student learned from masked copies, those compared here did not.
    """
    if not rows:
        return ""
    lines = [
        f"| {row['alpha']:g} | {row['T']:g} | {row['rule'].replace('_', ' ')}"
        f"{', the paper’s CE + KL/C' if row.get('paper_loss') else ''} "
        f"| {row['accuracy']:.1%} | {row['log_loss']:.3f} |"
        for row in rows
    ]
    return (
        f"\n\nThe student with other losses, on the same posts (n = {rows[0]['n']}, one seed; "
        f"{'all without masked copies; ' if masked else ''}the first row has the loss of the "
        "shipped one): α weighs the labels, T softens both sides, the rule makes "
        "one soft target of three teachers:\n\n"
        "| α | T | rule | accuracy | log-loss |\n|---|---|---|---|---|\n" + "\n".join(lines)
    )


def tell_subsets(found: dict[str, Any] | None) -> str:
    """What the students of every subset reach; empty where there are none."""
    if not found:
        return ""
    lines = []
    for row in found["students"]:
        cells = [_mean_sd(row[key]) for key in ("accuracy", "f1_macro")]
        lines.append(
            f"| {' + '.join(row['teachers']) or 'none'} | {len(row['seeds'])} | "
            + " | ".join(cells)
            + " |"
        )
    shares = found["shapley"]
    told = ""
    if shares:
        told = (
            "\n\nShapley values over macro-F1, computed for each seed that every set of teachers "
            f"has, mean ± standard deviation over these {len(found['shapley_seeds'])}: "
            + ", ".join(_share(name, value) for name, value in shares["f1_macro"].items())
            + "."
        )
    return (
        "## Students by their teachers\n\nMean ± standard deviation over seeds, on the test part, "
        "in brackets the bootstrap 95 % interval over posts of that mean; same initial weights and "
        "order of posts within a seed.\n\n"
        "| teachers | seeds | accuracy | macro-F1 |\n|---|---|---|---|\n" + "\n".join(lines) + told
    )


def _share(name: str, value: dict[str, Any]) -> str:
    mean, sd = value["mean"], value["sd"]
    if sd is None:
        return f"{name} {100 * mean:+.1f} points"
    noise = " (within noise)" if abs(mean) <= sd else ""
    return f"{name} {100 * mean:+.1f} ± {100 * sd:.1f} points{noise}"


def _mean_sd(values: dict[str, Any]) -> str:
    spread = "" if values["sd"] is None else f" ± {100 * values['sd']:.1f}"
    low, high = values.get("interval") or (None, None)
    reach = "" if low is None or high is None else f" [{100 * low:.1f}, {100 * high:.1f}]"
    return f"{100 * values['mean']:.1f}{spread}{reach}"
