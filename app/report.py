"""Analysis → one self-contained HTML file. Pure: it draws on nothing but its arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app import charts
from app.components.help_lines import NOT_THIS, HelpLines
from app.contribution_wording import (
    LOG_ODDS_RULE,
    NEUTRAL_INPUTS,
    say_baselines,
    tabulate_pairs,
    tabulate_steps,
    tabulate_together,
)
from app.escape import build_help_lines, build_note, build_table, escape
from app.learned import WHAT_IT_IS, draw_learned, list_learned, say_learned
from app.report_explained import build_explanations
from app.report_frame import build_chart, build_document
from app.report_read import build_read
from app.report_voices import build_voices
from app.summary import say_set
from app.withheld import say_withheld
from app.wording import (
    MODEL_INPUTS,
    MODEL_NAMES,
    say_agreement,
    say_answer,
    say_contributions,
    say_disagreement,
    say_interval,
    say_probability,
    say_stage,
)
from mhkd.analysis import Analysis

_MODELS: Final = ("student", "teachers", "text", "audio", "emotion")
LIMITS: Final = (
    "The labels say where a post comes from. They are no diagnosis and no measure of risk, and a "
    "low probability is no sign of safety.",
    "The models know only the kinds of posts that they learned from and always choose between "
    "them, also for a post of another kind.",
    "The student reads text only. The teachers reach it through its training.",
    "Contributions and attributions say what moved the models, not what moved the person.",
    "A synthesised voice says nothing about how a person sounds.",
)


@dataclass(frozen=True)
class About:
    """What a report says beside the analysis.

    Attributes:
        made_at: when the report is made, as it is to be read.
        sources: label → where such posts come from.
        help_lines: whom one can turn to.
        calibration: how far the probability can be taken at its word.
        metrics: model → its metrics on the test split.
        judgement: what the reader noted.
        judged_first: it was noted before the answer was shown.
        judged_after: what a reader who had noted one before noted after it.
        case: of a kept case, rows for the versions: what, and what it is.
    """

    made_at: str
    sources: Mapping[str, str]
    help_lines: HelpLines
    calibration: str | None = None
    metrics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    judgement: str | None = None
    judged_first: bool = True
    judged_after: str | None = None
    case: Sequence[tuple[str, str]] = ()


def build_report(
    analysis: Analysis,
    about: About,
    *,
    text: str | None = None,
    deidentified: str | None = None,
    lost: Mapping[str, str] | None = None,
) -> str:
    """The report of one case.

    Args:
        analysis: the finished analysis; its words have their places in ``text``.
        about: what stands beside it.
        text: the post; None leaves out the post and every word of it.
        deidentified: how marks were taken out of ``text``; None for the post as it is.
        lost: explanation → what is said of its words that are not in the text.

    Returns:
        HTML that needs no other file and asks for no address.
    """
    sources = about.sources
    sections = (
        ("Answers of all models", _build_answers(analysis, sources)),
        ("What each teacher contributes", _build_contributions(analysis, sources)),
        *_build_learned(analysis, sources),
        *build_voices(analysis, sources),
        ("What was read and heard", build_read(analysis, about.sources)),
        ("What the answers rest on", build_explanations(analysis, sources, text, lost or {})),
        ("How good the models are", _build_metrics(about)),
        ("Limits", _build_limits()),
        ("Versions", _build_versions(analysis, about.case)),
    )
    body = _build_summary(analysis, about)
    if text is not None:
        body += _build_post(text, deidentified)
    body += "".join(f"<h2>{escape(title)}</h2>{content}" for title, content in sections)
    return build_document(f"mhkd report, {about.made_at}", body)


def _build_post(text: str, deidentified: str | None) -> str:
    title, how = "The post", ""
    if deidentified is not None:
        title, how = "The post, de-identified", f'<p class="small">{escape(deidentified)}</p>'
    return f'<h2>{title}</h2>{how}<div class="post" dir="auto">{escape(text)}</div>'


def _build_summary(analysis: Analysis, about: About) -> str:
    bundle = analysis.bundle
    disagreement = say_disagreement(analysis, about.sources)
    parts = [
        f'<p class="over">mhkd, report of one post. Made {escape(about.made_at)} with bundle '
        f"{escape(f'{bundle.name} {bundle.version}')}.</p>",
        _build_answer(analysis, about),
        "" if disagreement is None else build_note("The teachers disagree.", disagreement),
        build_help_lines(NOT_THIS, about.help_lines.lines, about.help_lines.source),
    ]
    if about.judgement is not None:
        when = "before the answer was shown" if about.judged_first else "after the answer"
        parts.append(build_note(f"Noted by the reader {when}", about.judgement))
    if about.judged_after is not None:
        parts.append(build_note("Noted by the reader after the answer", about.judged_after))
    return "".join(parts)


def _build_answer(analysis: Analysis, about: About) -> str:
    prediction, withheld = analysis.predictions["student"], say_withheld(analysis)
    if prediction is None:
        return "<h1>No answer</h1><p>The student did not answer.</p>"
    held = analysis.prediction_set
    answer = say_answer(prediction, about.sources, held)
    if withheld is not None:
        return (
            f"<h1>{escape(withheld.title)}</h1>"
            f"{''.join(f'<p>{escape(reason)}</p>' for reason in withheld.reasons)}"
            f'<p class="small">Its forced choice: {escape(answer.headline)} '
            f"({escape(say_probability(answer.probability))})</p>"
        )
    told = (
        f"<h1>{escape(answer.headline)}</h1>"
        f'<p class="certain">Calibrated probability <strong>'
        f"{escape(say_probability(answer.probability))}</strong>, {escape(answer.certainty)}. "
        f"{escape(answer.frequency)}</p>"
        f"{build_chart(charts.draw_frequency(answer.of_hundred), f'{answer.of_hundred} of 100')}"
    )
    labels = say_set(held, about.sources, ordered=analysis.ordered, decided=answer.decided)
    if labels is not None:
        told += f"<p>{escape(labels)}</p>"
    if about.calibration:
        told += f'<p class="small">{escape(about.calibration)}</p>'
    return told


def _build_answers(analysis: Analysis, sources: Mapping[str, str]) -> str:
    found = analysis.teacher_contributions
    target = found.target if found is not None else analysis.labels[-1]
    header = ("Model", "Reads", *(f"P({sources.get(n, n)})" for n in analysis.labels), "Divergence")
    rows = [_tell_model(analysis, model) for model in _MODELS]
    told = "; ".join(f"{row[0]}: {', '.join(row[2:-1])}" for row in rows)
    return (
        f"{build_chart(charts.draw_models(analysis, target, sources), told)}"
        '<p class="small">The shaded band, 0.4 to 0.6, is not decided. Divergence: Jensen–Shannon, '
        "in bits, from the student’s answer.</p>"
        f"{build_table(header, rows, numeric=range(2, 2 + len(analysis.labels)))}"
    )


def _tell_model(analysis: Analysis, model: str) -> tuple[str, ...]:
    prediction, reads = analysis.predictions.get(model), MODEL_INPUTS[model]
    if model == "audio":
        origin = analysis.given.audio.origin
        reads = "no sound" if origin == "none" else f"sound ({origin})"
    told = (
        ("did not answer", *("–" for _ in analysis.labels[1:]))
        if prediction is None
        else tuple(f"{prediction.probabilities[label]:.3f}" for label in analysis.labels)
    )
    bits = "" if model == "student" else say_agreement(analysis.divergence_bits.get(model))
    return (MODEL_NAMES[model], reads, *told, bits)


def _build_contributions(analysis: Analysis, sources: Mapping[str, str]) -> str:
    found, figure = analysis.teacher_contributions, charts.draw_contributions(analysis, sources)
    if found is None or figure is None:
        return "<p>No teacher answered, so there is nothing to share out.</p>"
    rows = tabulate_steps(found)
    told = "; ".join(f"{name}: {value}" for name, value, _ in rows)
    sentences = f"{say_contributions(analysis, sources) or ''} {say_baselines(found) or ''}"
    parts = [
        f"<p>{escape(sentences)}</p>{build_chart(figure, told)}",
        f'<p class="small">Rule: {escape(found.rule)} {escape(NEUTRAL_INPUTS)}</p>',
        build_table(("Step", "Mean output", "Neutral input"), rows, numeric=(1, 2)),
    ]
    if (together := found.interactions) is not None and together.pairs:
        header = ("Teacher", "Alone", "Shapley", "Last")
        parts += [
            build_table(header, tabulate_together(together), numeric=(1, 2, 3)),
            build_table(("Pair", "Interaction"), tabulate_pairs(together), numeric=(1,)),
            f'<p class="small">{escape(LOG_ODDS_RULE)}</p>',
        ]
    return "".join(parts)


def _build_learned(analysis: Analysis, sources: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    found = analysis.student_contributions
    if found is None:
        return ()
    rows = list_learned(found)
    told = "; ".join(f"{name}: {value}" for name, value in rows)
    body = (
        f"<p>{escape(f'{say_learned(found, sources)} {WHAT_IT_IS}')}</p>"
        f"{build_chart(draw_learned(found), told)}"
        f'<p class="small">Rule: {escape(found.rule)}</p>'
        f"{build_table(('Step', 'Value'), rows, numeric=(1,))}"
    )
    return (("What the student learned from each teacher", body),)


def _build_metrics(about: About) -> str:
    rows = [
        (
            MODEL_NAMES[model],
            say_interval(found, "accuracy"),
            say_interval(found, "f1_macro"),
            say_interval(found, "ece"),
            f"{found.get('n', 0):,}",
        )
        for model in _MODELS
        if (found := about.metrics.get(model))
    ]
    if not rows:
        return "<p>The bundle’s metrics were not at hand when this report was made.</p>"
    header = ("Model", "Accuracy", "Macro-F1", "ECE", "Test posts")
    return (
        f"{build_table(header, rows, numeric=(1, 2, 3, 4))}"
        '<p class="small">On the test split, with 95 % intervals; the ECE with the limit that '
        "95 % of perfectly calibrated models stay below. They hold for posts like those, "
        "not for any person.</p>"
    )


def _build_limits() -> str:
    return f"<ul>{''.join(f'<li>{escape(limit)}</li>' for limit in LIMITS)}</ul>"


def _build_versions(analysis: Analysis, case: Sequence[tuple[str, str]]) -> str:
    rows = [
        *case,
        ("Bundle", f"{analysis.bundle.name} {analysis.bundle.version}"),
        ("SHA-256 of its manifest", analysis.bundle.sha256),
        *((name, str(version)) for name, version in analysis.versions.items()),
    ]
    times = [(say_stage(name), f"{ms / 1000:.2f}") for name, ms in analysis.timing_ms.items()]
    return (
        f"{build_table(('What', 'Version'), rows)}"
        f"{build_table(('Stage', 'Seconds'), times, numeric=(1,))}"
    )
