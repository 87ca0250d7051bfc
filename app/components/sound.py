"""What the audio teacher heard, and which stretches of it the answer rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import streamlit as st

from app.components.explained import choose_attribution
from app.components.fidelity import offer_fidelity
from app.components.figure import show_figure
from app.components.greyed import open_shown
from app.components.manner import show_manner
from app.components.voices import show_voices
from app.escape import write_coloured_words, write_small_print, write_table
from app.figure_numbers import list_sound
from app.played import as_wav, cut_out
from app.sound_chart import draw_sound
from app.sound_wording import (
    list_spoken,
    name_fills,
    name_stretch,
    say_fills,
    say_gradients,
    say_manner,
    tabulate_bands,
    tabulate_changes,
    tabulate_fills,
)
from app.wording import ORIGIN_BADGES, signed, source_of
from app.words_wording import say_fidelity, say_thresholds, say_trust
from app.work import Case
from mhkd.analysis import SoundAttribution, SoundChecks
from mhkd.audio.heard import Fill, fill_stretch
from mhkd.post import Recording

_FILLS: Final[tuple[Fill, ...]] = ("silence", "noise")


def show_sound(
    case: Case, labels: tuple[str, ...], sources: Mapping[str, str], encoder: str
) -> None:
    """Draws and plays the sound.

    Args:
        case: with its analysis.
        labels: all labels.
        sources: label → where such posts come from.
        encoder: the speech encoder's name.
    """
    heard = case.analysis.given.audio if case.analysis is not None else None
    recording, picture = case.recording, case.picture
    if heard is None or (heard.origin == "none" and recording is None):
        write_small_print("This post has no sound, so the audio teacher did not take part.")
        return
    st.header(f"Audio teacher ({encoder}), sound {ORIGIN_BADGES[heard.origin]}", anchor=False)
    if heard.origin == "synthesised":
        write_small_print(
            "A synthesiser spoke the text. Its pitch, pauses and tempo are the synthesiser’s "
            "and say nothing about the writer."
        )
    found = choose_attribution(case, "audio", labels, sources)
    if recording is None or picture is None:
        st.skeleton(height=300)
        return
    attribution = found if isinstance(found, SoundAttribution) else None
    with open_shown(attribution, "sound"):
        show_figure(
            draw_sound(
                picture, recording.duration_s, heard.seconds_heard, heard.padding_s, attribution
            ),
            list_sound(picture, attribution),
            key="sound_chart",
            title="The sound and what its stretches speak for",
            alt=f"Waveform and log-mel spectrogram of {recording.duration_s:.1f} s of sound.",
        )
    if attribution is not None:
        draw_spoken(attribution, sources)
        offer_fidelity(case, "audio", attribution)
    _play(case, recording, attribution)
    if attribution is not None and attribution.checks is not None:
        show_checks(attribution, attribution.checks)
    if attribution is not None:
        show_manner(case, attribution.target, sources)
        show_voices(case, attribution.target, sources)


def draw_spoken(found: SoundAttribution, sources: Mapping[str, str]) -> None:
    """Says what the scores of stretches are, and draws the words spoken where they are known.

    Args:
        found: the explanation.
        sources: label → where such posts come from.
    """
    toward = source_of(found.target, sources)
    text, words = list_spoken(found)
    write_small_print(
        f"Each bar: how far the logit for {toward} falls when "
        f"{name_stretch(found)} filled with {found.fill}. Ochre speaks for it, blue "
        f"against it. Filling the padding with noise changes the logit by "
        f"{signed(found.padding_score, 3)}."
    )
    if words:
        write_small_print("The words as they were heard: it is their sound that is silenced.")
        with open_shown(found, "spoken"):
            write_coloured_words(text, words, toward)
    else:
        write_small_print(
            f"Stretches of {found.segment_s:.2f} s, for nobody has told when each word is spoken."
        )
    if (measured := say_fidelity(found)) is not None:
        write_small_print(measured)


def show_checks(found: SoundAttribution, checks: SoundChecks) -> None:
    """Draws what stands beside the silencing of stretches."""
    told = (say_manner(checks), say_fills(checks), say_gradients(checks), say_trust(checks.trust))
    told += (say_thresholds(checks.trust),)
    for sentence in told:
        if sentence is not None:
            write_small_print(sentence)
    left, right = st.columns(2, gap="large")
    with left, st.expander("What is heard or how? The same words, said otherwise"):
        header = ("Change", "Probability", "Logit")
        write_table(header, tabulate_changes(checks), numeric=(1, 2))
    with right, st.expander("Which frequencies?"):
        header = ("Band taken out", "Frequencies", "Fall of the logit")
        write_table(header, tabulate_bands(checks), numeric=(2,))
    with st.expander("Silence and noise, stretch by stretch"):
        header = name_fills(checks)
        write_table(header, tabulate_fills(found), numeric=range(1, len(header)))


def _play(case: Case, recording: Recording, found: SoundAttribution | None) -> None:
    whole, strong, rest = st.columns(3)
    with whole:
        st.caption("The sound")
        st.audio(as_wav(recording.samples, recording.rate_hz), alt="The sound of the post")
    if found is None or not found.segments:
        return
    part = max(found.segments, key=lambda segment: abs(segment.score))
    with strong:
        st.caption(f"Strongest stretch, {part.start_s:.1f}–{part.end_s:.1f} s")
        st.audio(as_wav(cut_out(recording, part), recording.rate_hz), alt="Strongest stretch")
    heard = case.find_heard()
    if heard is None:
        return
    with rest:
        st.caption("What was heard, without it")
        place = st.container()
        fill: Fill = st.radio(
            "In its place",
            _FILLS,
            horizontal=True,
            key=f"sound_fill_{id(case)}",
            help="The noise is what the explanation is tested with: white, as loud as the sound.",
        )
        place.audio(
            as_wav(fill_stretch(heard, part.start_s, part.end_s, fill), heard.rate_hz),
            alt=f"What was heard, with {fill} in place of the strongest stretch",
        )
