"""The one place that writes HTML. Everything that goes in is escaped here.

Nothing else in ``app`` calls ``st.html`` or allows HTML in Markdown. Scripts are
never allowed. Words of a post may also not pass through Markdown or Plotly:
both would follow a picture or a link that a post contains.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import streamlit as st

from app.theme import tint
from mhkd.analysis import WordScore

_FAINTEST_SHARE = 0.08  # words below this share of the strongest stay plain
_STRONG_SHARE = 0.5
_SCROLLED = 'tabindex="0" role="group" aria-label="The post"'  # by keyboard, too
_NOT_READ = "<b>not read from here:</b>"
_PARTS = re.compile(r" (?=[(\[])")  # of a cell: a number, its interval
_NARROW = 4  # columns that a phone has room for; a wider table scrolls, by keyboard, too
_STYLE = Path(__file__).with_name("style.css")


def write_style() -> None:
    """Puts the page's own style sheet in place."""
    if _STYLE.is_file():
        st.html(_STYLE)


def blur_post() -> None:
    """Makes posts and their words unreadable on the screen until the next run.

    What a container draws whose key ends with ``post_text`` is a post.
    """
    st.html(
        "<style>.stTextArea textarea, .post-words, .marked-text, .of-post, [class*='post_text'], "
        "[class*='details_words'] table td:first-child, "
        ".st-key-details_emotions table td:first-child "
        "{ filter: blur(0.5em); user-select: none; }</style>"
    )


def grey_results() -> None:
    """Takes the colours away until the next run: what is shown belongs to another post.

    What is greyed stands in a container with the key ``answer`` or ``details``.
    """
    st.html("<style>.st-key-answer, .st-key-details { filter: grayscale(1); }</style>")


def write_coloured_words(
    text: str,
    words: Sequence[WordScore],
    toward: str,
    notes: Mapping[str, str] | None = None,
    largest: float | None = None,
    *,
    cut: bool = False,
) -> None:
    """A post with its words coloured by their scores. See ``colour_words``."""
    st.html(colour_words(text, words, toward, notes, largest, cut=cut))


def write_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], numeric: Collection[int] = ()
) -> None:
    """A plain table. See ``build_table``."""
    st.html(build_table(header, rows, numeric))


def write_note(title: str, sentence: str) -> None:
    """A short note in a quiet frame."""
    st.html(build_note(title, sentence))


def write_small_print(sentence: str) -> None:
    """A line in small type."""
    st.html(f'<p class="small-print">{escape(sentence)}</p>')


def write_findings(rows: Sequence[tuple[str, Sequence[str], str]]) -> None:
    """Terms, each with words of the post in quotes and a sentence. See ``build_findings``."""
    st.html(build_findings(rows))


def write_lines(lines: Sequence[str]) -> None:
    """Sentences, each a paragraph."""
    st.html("".join(f'<p class="line">{escape(line)}</p>' for line in lines))


def write_flow(stages: Sequence[tuple[str, Sequence[str]]]) -> None:
    """A chain of stages. See ``build_flow``."""
    st.html(build_flow(stages))


def write_badges(badges: Sequence[str]) -> None:
    """A row of short labels."""
    st.html(
        '<p class="badges">'
        + " ".join(f'<span class="badge">{escape(badge)}</span>' for badge in badges)
        + "</p>"
    )


def write_help_lines(not_this: str, lines: Sequence[Sequence[str]], source: str) -> None:
    """What the page is not, and whom one can turn to. See ``build_help_lines``."""
    st.html(build_help_lines(not_this, lines, source))


def write_stages(rows: Sequence[Sequence[str]]) -> None:
    """The stages of the work.

    Args:
        rows: of state (``done``, ``now``), name and time.
    """
    items = "".join(
        f'<li class="stage {escape(state)}"><span>{escape(name)}</span>'
        f"<time>{escape(told)}</time></li>"
        for state, name, told in rows
    )
    st.html(f'<ol class="stages" aria-live="polite">{items}</ol>')


def colour_words(
    text: str,
    words: Sequence[WordScore],
    toward: str,
    notes: Mapping[str, str] | None = None,
    largest: float | None = None,
    *,
    cut: bool = False,
) -> str:
    """A post as HTML, its words coloured by their scores.

    Colour is not the only carrier: what speaks for the label has a solid line below,
    what speaks against it a dotted one, and the strongest words are set bolder.

    Args:
        text: the post.
        words: with places in ``text``, in order and without overlap.
        toward: where posts of the label explained come from.
        notes: word → what else its tooltip says.
        largest: the score that has the full colour, so that several posts share a scale;
            None takes the largest one of this post.
        cut: the model did not read to the end; what follows the last word is drawn as not read.
    """
    if largest is None:
        largest = max((abs(word.score) for word in words), default=0.0)
    parts, reached = [], 0
    for word in words:
        parts.append(escape(text[reached : word.start]))
        parts.append(_colour_word(text[word.start : word.end], word, largest, toward, notes or {}))
        reached = word.end
    rest = escape(text[reached:])
    parts.append(f"<i>{_NOT_READ}{rest}</i>" if cut and rest.strip() else rest)
    return f'<div class="post-words" dir="auto" {_SCROLLED}>{"".join(parts)}</div>'


def write_marked_text(text: str, marks: Sequence[tuple[str, int, int]]) -> None:
    """A text with stretches marked by their kind. See ``mark_text``."""
    st.html(mark_text(text, marks))


def mark_text(text: str, marks: Sequence[tuple[str, int, int]]) -> str:
    """A text as HTML with stretches underlined.

    Args:
        text: the text.
        marks: of kind, start and end, in order and without overlap.
    """
    parts, reached = [], 0
    for kind, start, end in marks:
        parts.append(escape(text[reached:start]))
        parts.append(f'<mark title="{escape(kind)}">{escape(text[start:end])}</mark>')
        reached = end
    parts.append(escape(text[reached:]))
    return f'<div class="marked-text" dir="auto" {_SCROLLED}>{"".join(parts)}</div>'


def build_note(title: str, sentence: str) -> str:
    """A short note as HTML."""
    return f'<div class="note"><strong>{escape(title)}</strong> {escape(sentence)}</div>'


def build_findings(rows: Sequence[tuple[str, Sequence[str], str]]) -> str:
    """A list of terms; words of the post are set apart, so that they can be blurred."""
    items = []
    for term, words, sentence in rows:
        quoted = ", ".join(f'<q class="of-post">{escape(word)}</q>' for word in words)
        lead = f"{quoted}. " if words else ""
        items.append(f"<dt>{escape(term)}</dt><dd>{lead}{escape(sentence)}</dd>")
    return f'<dl class="findings">{"".join(items)}</dl>'


def build_flow(stages: Sequence[tuple[str, Sequence[str]]]) -> str:
    """A chain of stages from left to right, on a phone from top to bottom."""
    items = "".join(
        f"<li><strong>{escape(name)}</strong>"
        + "".join(f"<span>{escape(part)}</span>" for part in parts)
        + "</li>"
        for name, parts in stages
    )
    return f'<ol class="flow">{items}</ol>'


def build_help_lines(not_this: str, lines: Sequence[Sequence[str]], source: str) -> str:
    """What the page is not, and whom one can turn to, as HTML.

    Args:
        not_this: one sentence.
        lines: of contact, link, name and where it answers.
        source: where the numbers come from and when they were checked.
    """
    items = "".join(
        f'<li><a href="{escape(link)}" rel="noreferrer">{escape(contact)}</a> '
        f"{escape(where if name == contact else f'{name}, {where}')}</li>"
        for contact, link, name, where in lines
    )
    return (
        f'<aside class="help-lines" aria-label="Help lines"><p>{escape(not_this)}</p>'
        f"<ul><li>Someone to talk to:</li>{items}</ul>"
        f"<p>{escape(source)}</p></aside>"
    )


def build_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], numeric: Collection[int] = ()
) -> str:
    """A table as HTML; columns in ``numeric`` are set to the right."""
    align = ['class="number"' if column in numeric else "" for column in range(len(header))]
    head = "".join(
        f'<th scope="col" {place}>{escape(cell)}</th>'
        for place, cell in zip(align, header, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f"<td {place}>{_keep_whole(cell) if place else escape(cell)}</td>"
            for place, cell in zip(align, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    wide = ' tabindex="0" role="group" aria-label="Table"' if len(align) > _NARROW else ""
    return (
        f'<div class="table-frame"{wide}><table class="plain"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _keep_whole(cell: str) -> str:
    """A number and its interval, each of which stays on one line."""
    parts = _PARTS.split(cell)
    if len(parts) == 1:
        return escape(cell)
    return " ".join(f'<span class="whole">{escape(part)}</span>' for part in parts)


def escape(text: str) -> str:
    """Text as HTML shows it: markup escaped, what no browser can show replaced."""
    readable = (
        text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )
    return html.escape(readable, quote=True)


def _colour_word(
    shown: str, word: WordScore, largest: float, toward: str, notes: Mapping[str, str]
) -> str:
    share = abs(word.score) / largest if largest else 0.0
    note = notes.get(word.text.lower(), "")
    if share < _FAINTEST_SHARE:
        return escape(shown)
    way = "toward" if word.score > 0 else "away from"
    title = f"{word.score:+.3f} {way} {toward}" + (f" ({note})" if note else "")
    kinds = ["toward" if word.score > 0 else "away"] + ["strong"] * (share >= _STRONG_SHARE)
    return (
        f'<span class="{" ".join(kinds)}" title="{escape(title)}" '
        f'style="background-color: {tint(word.score, largest)}">{escape(shown)}</span>'
    )
