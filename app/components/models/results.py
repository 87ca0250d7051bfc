"""How good the models are, how well calibrated, and what the teachers' subsets add."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from app import model_charts as charts
from app import model_facts as facts
from app import model_studies as studies
from app.batch_charts import draw_reliability, draw_risk_coverage
from app.batch_numbers import list_bins, list_risk
from app.components.figure import show_figure
from app.emotions_wording import say_emotions_verdict
from app.escape import write_small_print, write_table
from app.glossary import explain
from app.wording import COMPARED_NAMES, source_of
from mhkd.manifest import knows_authors

if TYPE_CHECKING:
    from mhkd.analyser import Manifest
    from mhkd.batch.curves import RiskCoverage

_NAMES = tuple(title for title, _ in facts.METRICS.values())


def show_results(manifest: Manifest) -> None:
    """Draws one metric as a figure and all of them as a table."""
    metrics = manifest.metrics
    if not facts.find_measured(metrics):
        write_small_print("This bundle comes without metrics.")
        return
    meant = explain("Macro-F1", "AUC", "ECE")
    metric = _ask_metric("models_metric", tuple(_shared(metrics)), meant)
    show_figure(
        charts.draw_metric(metrics, metric),
        charts.list_metric(metrics, metric),
        key="models_metric_chart",
        title=f"{facts.METRICS[metric][0]} of every model with its "
        + ("limit if perfectly calibrated" if metric == "ece" else "95 % interval"),
    )
    way = "less is better" if metric in facts.LOWER_IS_BETTER else "more is better"
    write_small_print(f"{facts.say_results(metrics)} {facts.METRICS[metric][0]}: {way}.")
    write_table(("Model", *_NAMES), facts.list_results(metrics), numeric=range(1, 7))
    by_label = studies.list_f1(metrics, manifest.labels)
    if by_label:
        st.subheader("F1 of each label", anchor=False)
        heads = [source_of(label, manifest.label_sources) for label in manifest.labels]
        write_table(("Model", *heads), by_label, numeric=range(1, 1 + len(heads)))
    heads, apart = studies.list_variants(metrics, authors=knows_authors(manifest.data))
    if apart:
        st.subheader("Accuracy on test posts without ties to the training part", anchor=False)
        write_table(("Model", *heads), apart, numeric=range(1, 1 + len(heads)))
    outside = facts.list_outside(metrics)
    if outside:
        meant = explain("Outside")
        st.subheader("Posts outside what the student knows", anchor=False, help=meant)
        header = ("Posts", "Called outside", "Posts tried")
        write_table(header, outside, numeric=(1, 2))


def show_studies(manifest: Manifest) -> None:
    """Draws what the teachers' mean and the emotion teacher are made of."""
    data = manifest.data
    seen = data.get("validation", {})
    tables = (
        (
            "How the teachers’ answers become one",
            "Rule",
            studies.list_rules(data),
            f"{studies.say_used_rule(manifest)} Weights are fitted on other folds. "
            + studies.count_posts(seen.get("mean_rules", [])),
        ),
        (
            "What the parts of the emotion teacher carry",
            "Word vectors",
            studies.list_emotion_parts(data),
            "Shuffled: the lexicon’s sets of emotions are given to other words of it, and the "
            "graph is learned anew. "
            + studies.count_posts(seen.get("emotion_study", []))
            + (f" {verdict}" if (verdict := say_emotions_verdict(data)) else ""),
        ),
    )
    if not any(rows for _, _, rows, _ in tables):
        write_small_print("This bundle does not say what its teachers were compared with.")
    for title, head, rows, note in tables:
        if rows:
            st.subheader(title, anchor=False)
            write_table((head, "Accuracy", "Log-loss"), rows, numeric=(1, 2))
            write_small_print(note)


def show_calibration(manifest: Manifest) -> None:
    """Draws the reliability diagram where the bundle has its bins, and the numbers."""
    measured = facts.find_measured(manifest.metrics)
    binned = {name: bins for name, found in measured.items() if (bins := charts.read_bins(found))}
    if binned:
        model = st.segmented_control(
            "Model",
            list(binned),
            default="student" if "student" in binned else next(iter(binned)),
            format_func=COMPARED_NAMES.__getitem__,
            required=True,
            wrap=True,
            key="models_reliability_of",
            bind="query-params",
            help=explain("Calibrated probability"),
        ) or next(iter(binned))
        show_figure(
            draw_reliability(binned[model]),
            list_bins(binned[model]),
            key="models_reliability_chart",
            title=f"Reliability: {COMPARED_NAMES[model]}",
            alt=f"Share of right answers over confidence in {len(binned[model])} bins.",
        )
        write_small_print(
            f"{len(binned[model])} bins of equal mass on test posts, with Wilson’s 95 % "
            "intervals. On the dotted line the confidence is right."
        )
        _show_risk(charts.read_risk(measured[model]), model)
    else:
        write_small_print("This bundle has no bins for a reliability diagram.")
    header = ("Model", "Temperature", "ECE", "If perfectly calibrated", "Brier score")
    write_table(header, facts.list_calibration(manifest), numeric=(1, 2, 3, 4))
    write_small_print(
        "ECE over ten bins of equal mass. A perfectly calibrated model of this many posts would "
        "show an ECE, too: 95 % of such models stay below the limit in the fourth column. "
        "Temperatures were fitted on held-out training posts; the teachers’ mean is not "
        "calibrated again."
    )
    st.markdown("Sets of labels", help=explain("Set of labels"))
    write_small_print(facts.say_sets(manifest))


def _show_risk(curve: RiskCoverage | None, model: str) -> None:
    if curve is None:
        return
    show_figure(
        draw_risk_coverage(curve),
        list_risk(curve),
        key="models_risk_chart",
        title=f"Errors among the posts it is surest of: {COMPARED_NAMES[model]}",
        alt=f"Share of errors over the share of posts that are answered; area {curve.area:.3f}.",
    )
    write_small_print(
        f"If only the posts that it is surest of were answered, this share of the answers would "
        f"be wrong. Mean over all shares (AURC): {curve.area:.3f}."
    )


def show_ablation(manifest: Manifest) -> None:
    """Draws the students of every subset of the teachers, where the bundle has them."""
    found: dict[str, Any] = manifest.metrics.get("subsets") or {}
    students = found.get("students", [])
    if not students:
        write_small_print(
            "This bundle has no students of subsets of the teachers; only the student of all "
            "three and its twin without teachers were trained."
        )
        return
    keys = tuple(key for key in facts.SUBSET_METRICS if key in students[0])
    metric = _ask_metric("models_subset_metric", keys)
    title = facts.METRICS[metric][0]
    show_figure(
        charts.draw_subsets(students, metric),
        charts.list_subsets_numbers(students, metric),
        key="models_subsets_chart",
        title=f"{title} of the students of every subset of the teachers",
    )
    write_small_print(
        "Same initial weights, same order of posts; dots are single seeds, diamonds their means."
    )
    seeds = found.get("shapley_seeds", [])  # not in bundles of earlier versions
    shapley = found["shapley"].get(metric) if seeds else None
    if shapley:
        st.subheader("What each teacher adds", anchor=False, help=explain("Shapley value"))
        show_figure(
            charts.draw_knowledge(shapley, metric),
            charts.list_knowledge(shapley, metric),
            key="models_knowledge_chart",
            title=f"Exact Shapley value of each teacher for the {title}",
            alt="; ".join(charts.tell_knowledge(shapley)),
        )
        write_small_print(
            f"Exact Shapley values over the eight students’ {title}, mean and standard deviation "
            f"over the {len(seeds)} seeds that every set of teachers has; hollow "
            "where the mean is within the deviation. This is about training: at an answer the "
            "student reads the text only."
        )
    names = tuple(title for title, _ in facts.SUBSET_METRICS.values())
    rows = facts.list_subsets(manifest.metrics)
    write_table(("Teachers", "Seeds", *names), rows, numeric=range(1, 7))
    write_small_print(
        "Mean ± standard deviation over seeds, on test posts; in brackets the 95 % interval of "
        f"that mean over the choice of posts.{studies.say_overlap(students, metric)}"
    )


def _ask_metric(key: str, offered: tuple[str, ...], meant: str | None = None) -> str:
    return (
        st.segmented_control(
            "Measure",
            list(offered),
            default=offered[0],
            format_func=lambda name: facts.METRICS[name][0],
            required=True,
            wrap=True,
            key=key,
            help=meant,
            bind="query-params",
        )
        or offered[0]
    )


def _shared(metrics: Any) -> list[str]:
    measured = facts.find_measured(metrics).values()
    return [key for key in facts.METRICS if all(key in found for found in measured)]
