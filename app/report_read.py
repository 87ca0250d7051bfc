"""What was read and heard, in a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.escape import build_note, build_table, escape
from app.voice_wording import NO_NORMS, list_measures, say_hidden, say_measured
from app.wording import MODEL_NAMES, ORIGIN_BADGES, say_finding, say_message
from mhkd.analysis import Analysis

_READERS: Final = {"student": "tokens", "text": "tokens", "emotion": "words"}


def build_read(analysis: Analysis, sources: Mapping[str, str]) -> str:
    """How much reached each model, the findings, and measures of a recorded voice, as HTML."""
    heard = analysis.given.audio
    rows = []
    for model, unit in _READERS.items():
        read = analysis.read.get(model)
        reached, total = (
            ("did not run", "–")
            if read is None
            else (f"{read.tokens_read:,}", f"{read.tokens_total:,} {unit}")
        )
        rows.append((MODEL_NAMES[model], reached, total))
    if heard.seconds:
        rows.append(
            (MODEL_NAMES["audio"], f"{heard.seconds_heard:.1f} s", f"{heard.seconds:.1f} s")
        )
    else:
        rows.append((MODEL_NAMES["audio"], "did not run", "–"))
    given = (
        f"{analysis.given.characters:,} characters. Sound: {ORIGIN_BADGES[heard.origin]}; padding "
        f"added to fill the last window: {heard.padding_s:.1f} s."
    )
    findings = "".join(
        build_note(say_finding(found.code), say_message(found, analysis, sources))
        for found in analysis.quality
    )
    nothing = "<p>Nothing was found that limits the answer.</p>"
    return (
        f"{build_table(('Model', 'Reached it', 'Of'), rows, numeric=(1, 2))}"
        f'<p class="small">{escape(given)}</p><h3>Findings about the input</h3>'
        f"{findings or nothing}{_build_voice(analysis)}"
    )


def _build_voice(analysis: Analysis) -> str:
    hidden = say_hidden(analysis)
    if analysis.voice is None:
        return "" if hidden is None else f'<p class="small">Voice: {escape(hidden)}</p>'
    header = ("Measure", "Value", "Measurement", "What it is")
    return (
        "<h3>Measures of the recorded voice</h3>"
        f"{build_table(header, list_measures(analysis.voice), numeric=(1,))}"
        f'<p class="small">{escape(say_measured(analysis.voice))} {escape(NO_NORMS)}</p>'
    )
