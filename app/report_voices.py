"""The same post in several voices, in a report."""

from __future__ import annotations

from collections.abc import Mapping

from app.escape import build_table, escape
from app.voices_wording import HEADER, list_lacking, say_spread, tabulate_voices
from mhkd.analysis import Analysis


def build_voices(analysis: Analysis, sources: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """A section with every voice's answer; none where it was not asked for."""
    found = analysis.voices
    if found is None:
        return ()
    shared = analysis.teacher_contributions
    target = analysis.labels[-1] if shared is None else shared.target
    told = "".join(f'<p class="small">{escape(line)}</p>' for line in list_lacking(found))
    body = (
        f"<p>{escape(say_spread(analysis, found, target, sources))}</p>"
        f"{build_table(HEADER, tabulate_voices(analysis, found, target), numeric=(1, 2))}{told}"
    )
    return (("The same words in other voices", body),)
