"""Two analyses → one self-contained HTML file. Pure: it draws on nothing but its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app import charts, comparison_charts
from app.comparison import (
    NAMES,
    Mode,
    compare_models,
    compare_scores,
    compare_texts,
    find_new_findings,
    list_shared_labels,
)
from app.comparison_wording import (
    OTHER_LABELS,
    SCORES_APART,
    WHAT_IF,
    list_other_recordings,
    say_alone,
    say_change,
    say_headline,
    say_no_comparison,
    say_side,
    say_sides_changed,
    say_student,
    say_texts,
    say_without_answer,
)
from app.components.help_lines import NOT_THIS, HelpLines
from app.escape import build_help_lines, build_note, build_table, colour_words, escape, mark_text
from app.report import LIMITS
from app.report_frame import build_chart, build_document
from app.wording import (
    MODEL_NAMES,
    ORIGIN_BADGES,
    say_finding,
    say_message,
    say_points,
    signed,
    source_of,
)
from app.words_wording import is_shaky, list_told
from mhkd.analysis import Analysis, Attribution, EmotionAttribution, WordAttribution

Pair = tuple[Analysis, Analysis]
_STRONGEST: Final = 12


@dataclass(frozen=True)
class AboutPair:
    """What a report says beside the two analyses.

    Attributes:
        made_at: when the report is made, as it is to be read.
        sources: of either side, label → where such posts come from.
        mismatch: the second side's recording came with another text, such as the first side's.
        student, text, emotions: explanations of both sides, where they were made.
    """

    made_at: str
    mode: Mode
    sources: tuple[Mapping[str, str], Mapping[str, str]]
    help_lines: HelpLines
    mismatch: bool = False
    student: tuple[WordAttribution, WordAttribution] | None = None
    text: tuple[WordAttribution, WordAttribution] | None = None
    emotions: tuple[EmotionAttribution, EmotionAttribution] | None = None


def build_comparison_report(
    pair: Pair, about: AboutPair, *, texts: tuple[str, str] | None = None
) -> str:
    """The report of a comparison.

    Args:
        pair: both analyses.
        about: what stands beside them.
        texts: both posts; None leaves out every word of them.

    Returns:
        HTML that needs no other file and asks for no address.
    """
    names = NAMES[about.mode]
    body = (
        f'<p class="over">mhkd, comparison: {escape(" and ".join(names).lower())}. Made '
        f"{escape(about.made_at)}.</p>"
        f"{_build_answers(pair, about)}"
        f"{build_help_lines(NOT_THIS, about.help_lines.lines, about.help_lines.source)}"
    )
    sections = (
        ("The texts", _build_texts(texts, names) if texts else ""),
        ("What each teacher contributes", _build_contributions(pair, about)),
        ("What the student’s answers rest on", _build_words(about.student, pair, about, texts)),
        ("What the text teacher’s answers rest on", _build_words(about.text, pair, about, texts)),
        ("Emotions", _build_emotions(pair, about)),
        ("What was read and heard", _build_inputs(pair, about)),
        ("Limits", f"<ul>{''.join(f'<li>{escape(limit)}</li>' for limit in LIMITS)}</ul>"),
        ("Versions", _build_versions(pair, names)),
    )
    body += "".join(f"<h2>{escape(title)}</h2>{content}" for title, content in sections if content)
    return build_document(f"mhkd comparison, {about.made_at}", body)


def _build_answers(pair: Pair, about: AboutPair) -> str:
    names, labels = NAMES[about.mode], list_shared_labels(*pair)
    others = list_other_recordings(pair, names, mismatch=about.mismatch)
    parts = [build_note(title, told) for title, told in others]
    if not labels:
        parts.append(f"<h1>Two bundles with different labels</h1>{_note(OTHER_LABELS)}")
        for name, analysis, sources in zip(names, pair, about.sources, strict=True):
            found = analysis.teacher_contributions
            target = found.target if found is not None else analysis.labels[-1]
            figure = charts.draw_models(analysis, target, sources)
            parts.append(
                f"<h3>{escape(f'{name}: {analysis.bundle.name}')}</h3>"
                f"<p>{escape(say_alone(analysis, sources))}</p>{build_chart(figure, name)}"
            )
        return "".join(parts)
    sources, found = about.sources[0], pair[0].teacher_contributions
    target = found.target if found is not None else labels[-1]
    changes = compare_models(*pair, target)
    headline = say_headline(changes, target, about.mode, sources)
    student = say_student(changes, target, sources)
    if (without := say_without_answer(*pair, names)) is not None:
        student = f"Forced choice: {headline} {student}"
        headline = say_no_comparison(*pair, names)
    parts.append(f"<h1>{escape(headline)}</h1>")
    parts.append(f'<p class="certain">{escape(student)}</p>')
    for title, told in (
        ("No answer where the input is not fit for one", without),
        ("Changed sides", say_sides_changed(changes, sources)),
    ):
        parts += [build_note(title, told)] if told else []
    rows = [
        (
            MODEL_NAMES[change.model],
            *("–" if p is None else f"{p:.3f}" for p in (change.first, change.second)),
            say_change(change),
            " → ".join(dict.fromkeys(say_side(side, sources) for side in change.sides)),
        )
        for change in changes
    ]
    told = "; ".join(f"{row[0]}: {row[1]} → {row[2]}" for row in rows)
    figure = comparison_charts.draw_changes(changes, target, labels, sources)
    parts += [
        build_chart(figure, told),
        _note(
            f"Probability of {source_of(target, sources)}. Open marks: {names[0].lower()}; filled "
            f"marks: {names[1].lower()}. The shaded band, 0.4 to 0.6, is not decided."
        ),
        build_table(("Model", *names, "Difference", "Side"), rows, numeric=(1, 2, 3)),
        _note(WHAT_IF),
    ]
    return "".join(parts)


def _build_texts(texts: tuple[str, str], names: tuple[str, str]) -> str:
    difference = compare_texts(*texts)
    removed = mark_text(texts[0], [("removed", *span) for span in difference.removed])
    added = mark_text(texts[1], [("added", *span) for span in difference.added])
    return (
        f"{_note(say_texts(difference))}<h3>{escape(names[0])}</h3>{removed}"
        f"<h3>{escape(names[1])}</h3>{added}"
    )


def _build_contributions(pair: Pair, about: AboutPair) -> str:
    first, second = (analysis.teacher_contributions for analysis in pair)
    names = NAMES[about.mode]
    if not list_shared_labels(*pair):
        drawn = zip(names, pair, about.sources, strict=True)
        return "".join(
            f"<h3>{escape(name)}</h3>{build_chart(figure, name)}"
            for name, analysis, sources in drawn
            if (figure := charts.draw_contributions(analysis, sources)) is not None
        )
    if first is None or second is None or first.target != second.target:
        return ""
    rows = [
        (
            MODEL_NAMES[name],
            *("absent" if v is None else say_points(v) for v in (value, second.shapley.get(name))),
        )
        for name, value in first.shapley.items()
    ]
    told = "; ".join(": ".join(row[:2]) for row in rows)
    figure = comparison_charts.draw_pair_contributions(first, second, names)
    return (
        f"{build_chart(figure, told)}"
        f"{_note(f'Toward {source_of(first.target, about.sources[0])}. Rule: {first.rule}')}"
        f"{build_table(('Teacher', *names), rows, numeric=(1, 2))}"
    )


def _build_words(
    found: tuple[WordAttribution, WordAttribution] | None,
    pair: Pair,
    about: AboutPair,
    texts: tuple[str, str] | None,
) -> str:
    if found is None:
        return ""
    names, apart = NAMES[about.mode], not list_shared_labels(*pair)
    scores = [max((abs(word.score) for word in side.words), default=0.0) for side in found]
    parts = [_note(SCORES_APART)] if apart else []
    for place, (name, side) in enumerate(zip(names, found, strict=True)):
        toward = source_of(side.target, about.sources[place])
        parts.append(f"<h3>{escape(name)}, toward {escape(toward)}</h3>")
        if texts is not None:
            largest = scores[place] if apart else max(scores)
            shown = colour_words(texts[place], side.words, toward, largest=largest)
            parts.append(_grey(shown, side))
        parts += [_note(sentence) for sentence in list_told(side)]
    if texts is None:
        parts.append(_note("The words are left out."))
    elif found[0].unit == found[1].unit and about.mode != "posts" and not apart:
        rows = compare_scores(*found, compare_texts(*texts))[:_STRONGEST]
        told = [
            (
                row.word,
                *("not there" if s is None else signed(s, 3) for s in (row.first, row.second)),
                signed(row.difference, 3),
            )
            for row in rows
        ]
        parts.append(build_table(("Word", *names, "Difference"), told, numeric=(1, 2, 3)))
    return "".join(parts)


def _build_emotions(pair: Pair, about: AboutPair) -> str:
    if about.emotions is None:
        return ""
    first, second = about.emotions
    if not list_shared_labels(*pair):
        drawn = zip(NAMES[about.mode], about.emotions, about.sources, strict=True)
        return "".join(
            f"<h3>{escape(f'{name}, toward {source_of(found.target, sources)}')}</h3>"
            f"{_grey(build_chart(charts.draw_emotions(found), name), found)}"
            f"{''.join(map(_note, list_told(found)))}"
            for name, found, sources in drawn
        )
    told = "; ".join(f"{name}: {signed(value, 3)}" for name, value in second.emotions.items())
    figure = comparison_charts.draw_pair_emotions(first, second, NAMES[about.mode])
    notes = [
        _note(f"{name}: {sentence}")
        for name, found in zip(NAMES[about.mode], about.emotions, strict=True)
        for sentence in list_told(found)
    ]
    chart = _grey(build_chart(figure, told), second if is_shaky(second) else first)
    return f"{chart}{''.join(notes)}"


def _grey(drawn: str, found: Attribution) -> str:
    """What is drawn, without colours where it failed its test."""
    return f'<section class="shaky">{drawn}</section>' if is_shaky(found) else drawn


def _build_inputs(pair: Pair, about: AboutPair) -> str:
    names = NAMES[about.mode]
    rows = [
        ("Characters", *(f"{analysis.given.characters:,}" for analysis in pair)),
        ("Sound", *(ORIGIN_BADGES[analysis.given.audio.origin] for analysis in pair)),
        (
            "Heard",
            *(f"{a.given.audio.seconds_heard:.1f} of {a.given.audio.seconds:.1f} s" for a in pair),
        ),
    ]
    new, parts = find_new_findings(*pair), [build_table(("What", *names), rows)]
    for name, analysis, sources in zip(names, pair, about.sources, strict=True):
        parts.append(f"<h3>Findings: {escape(name.lower())}</h3>")
        for finding in analysis.quality:
            fresh = " (new)" if name == names[1] and finding.code in new else ""
            told = say_message(finding, analysis, sources)
            parts.append(build_note(f"{say_finding(finding.code)}{fresh}", told))
        if not analysis.quality:
            parts.append("<p>Nothing was found that limits the answer.</p>")
    return "".join(parts)


def _build_versions(pair: Pair, names: tuple[str, str]) -> str:
    first, second = pair
    rows = [
        ("Bundle", *(f"{a.bundle.name} {a.bundle.version}" for a in pair)),
        ("SHA-256 of its manifest", *(_group(a.bundle.sha256) for a in pair)),
    ]
    rows += [
        (name, str(version), str(second.versions.get(name, "–")))
        for name, version in first.versions.items()
    ]
    return build_table(("What", *names), rows)


def _group(digest: str) -> str:
    """A hash in parts that can be wrapped."""
    return " ".join(digest[start : start + 16] for start in range(0, len(digest), 16))


def _note(sentence: str) -> str:
    return f'<p class="small">{escape(sentence)}</p>'
