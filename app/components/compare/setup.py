"""What is to be compared, as the user gives it. Owns the keys that begin with ``compare_``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from app import models
from app.compare_work import Side
from app.comparison import NAMES, Mode
from app.comparison_wording import MISMATCH
from app.components.bundle_choice import name_bundle
from app.components.post_input import CONTENT_NOTE, FORMATS, read_samples
from app.escape import write_note, write_small_print
from app.session import finished
from app.wording import say_length
from app.work import Case, Order
from mhkd.limits import MAX_AUDIO_S, MAX_CHARS, MAX_UPLOAD_BYTES
from mhkd.shelf import list_shelf

SPOKEN, RECORDED, SILENT = "spoken", "recorded", "none"
_MODES: Final[dict[Mode, str]] = {
    "edit": "Before and after an edit",
    "posts": "Two posts",
    "bundles": "Two bundles",
}
_SOUNDS: Final = {SPOKEN: "Let it be spoken", RECORDED: "Recordings", SILENT: "No sound"}
_MB: Final = MAX_UPLOAD_BYTES // 1024**2
_OWN_FOLDER: Final = "A folder of my own"


@dataclass(frozen=True)
class Question:
    """What is to be compared.

    Attributes:
        missing: what has to be given before anything can be compared, or None.
    """

    mode: Mode
    sides: tuple[Side, Side]
    missing: str | None = None

    @property
    def mismatch(self) -> bool:
        """The second side's recording came with another text, such as the first side's."""
        return self.sides[1].order.recording_of_other_text


@dataclass(frozen=True)
class _Recorded:
    """The recording of a side, and the text that it came with, where that is another one."""

    sound: bytes | None = None
    other_text: str | None = None


@finished
def take_case(case: Case) -> None:
    """Puts an analysed post in place, twice; the second one is for editing."""
    state = st.session_state
    clear_comparison()
    state["compare_mode_given"] = "edit"
    for side in (0, 1):
        _fill(side, case.order.text)
    state["compare_known"] = case
    sound = RECORDED if case.order.sound is not None else SPOKEN if case.order.speak else SILENT
    state["compare_sound_given"] = sound
    if case.order.sound is not None:
        state["compare_kept_0"] = case.order.sound
        given = case.order.text if case.order.sound_text is None else case.order.sound_text
        state["compare_recorded_0"] = (case.order.sound, given)
    state["compare_taken"] = True


def is_case_taken() -> bool:
    """A post from the page Analyse waits for the page Compare to be drawn."""
    return bool(st.session_state.get("compare_taken", False))


def settle_case() -> None:
    """The page Compare is drawn with the post that the page Analyse gave."""
    st.session_state.pop("compare_taken", None)


def known_case() -> Case | None:
    """The analysed case that the comparison was begun with."""
    return st.session_state.get("compare_known")


@finished
def clear_comparison() -> None:
    """Forgets the texts and recordings."""
    state = st.session_state
    for side in (0, 1):
        _fill(side, "")
        _take_away(side)
    state["compare_round"] = state.get("compare_round", 0) + 1
    for key in ("compare_known", "compare_taken"):
        state.pop(key, None)


def ask_question() -> Question:
    """Draws the inputs and tells what they hold."""
    state = st.session_state
    state.setdefault("compare_round", 0)
    mode: Mode = st.segmented_control(
        "Compare",
        list(_MODES),
        format_func=_MODES.__getitem__,
        default=state.get("compare_mode_given", "edit"),
        required=True,
        key=f"compare_mode_{state['compare_round']}",
        persist_state="session",
        wrap=True,
    )
    if read_samples():
        write_small_print(CONTENT_NOTE)
    texts = _ask_one_post() if mode == "bundles" else _ask_two_posts(mode)
    sound = st.pills(
        "Sound",
        list(_SOUNDS),
        format_func=_SOUNDS.__getitem__,
        default=state.get("compare_sound_given", SPOKEN),
        required=True,
        key=f"compare_sound_{state['compare_round']}",
        persist_state="session",
        wrap=True,
    )
    recordings = _ask_recordings(mode, sound, texts)
    names = _ask_bundles() if mode == "bundles" else None
    first, second = (
        Side(
            Order(text, recording.sound, sound == SPOKEN, recording.other_text),
            models.open_by_key(names[side]) if names and names[side] else models.open_analyser(),
        )
        for side, (text, recording) in enumerate(zip(texts, recordings, strict=True))
    )
    return Question(mode, (first, second), None if names is None else _say_missing(names))


def note_recorded(question: Question) -> None:
    """Remembers, as they are compared, which text each recording came with."""
    state = st.session_state
    for side, of in enumerate(question.sides):
        order, key = of.order, f"compare_recorded_{side}"
        if order.sound is not None and order.sound != state.get(key, (None, ""))[0]:
            given = order.text if order.sound_text is None else order.sound_text
            state[key] = (order.sound, given)


def _say_missing(names: tuple[str, str]) -> str | None:
    if not all(names):
        return "Give the folder of the second bundle: the one that holds bundle.json."
    if names[0] == names[1]:
        return "Choose two different bundles."
    return None


def _ask_two_posts(mode: Mode) -> tuple[str, str]:
    if mode == "edit":
        _offer_samples("Sample posts", (0, 1), "It fills both sides; change the one on the right.")
    left, right = st.columns(2, gap="large")
    with left:
        if mode == "posts":
            _offer_samples("Sample for the first post", (0,))
        before = _ask_text(0, NAMES[mode][0])
    with right:
        if mode == "posts":
            _offer_samples("Sample for the second post", (1,))
        after = _ask_text(1, NAMES[mode][1])
        if mode == "edit" and before.strip() and before != after:
            st.button(
                "Start again from the left", type="tertiary", on_click=_fill, args=(1, before)
            )
    return before, after


def _ask_one_post() -> tuple[str, str]:
    _offer_samples("Sample posts", (0,))
    text = _ask_text(0, "Post")
    return text, text


def _offer_samples(label: str, sides: tuple[int, ...], hint: str = "") -> None:
    key = f"compare_sample_{''.join(map(str, sides))}_{st.session_state['compare_round']}"
    st.pills(
        label,
        list(read_samples()),
        key=key,
        on_change=_take_sample,
        args=(key, sides),
        wrap=True,
        help=f"Written for this app. {hint}".strip(),
    )


def _ask_text(side: int, label: str) -> str:
    state = st.session_state
    state.setdefault(f"compare_fill_{side}", 0)
    text = st.text_area(
        label,
        state.get(f"compare_filled_{side}", ""),
        key=f"compare_text_{side}_{state[f'compare_fill_{side}']}",
        height=200,
        persist_state="session",
        placeholder="Paste or write a post.",
    )
    write_small_print(say_length(text or "", MAX_CHARS))
    return text or ""


@finished
def _fill(side: int, text: str) -> None:
    """Puts a text into a fresh text area; see ``app.components.post_input``."""
    state = st.session_state
    fill = state.get(f"compare_fill_{side}", 0)
    state.pop(f"compare_text_{side}_{fill}", None)
    state[f"compare_fill_{side}"] = fill + 1
    state[f"compare_filled_{side}"] = text


@finished
def _take_sample(key: str, sides: tuple[int, ...]) -> None:
    title = st.session_state[key]
    if title is not None:
        for side in sides:
            _fill(side, read_samples()[title])


def _ask_recordings(
    mode: Mode, sound: str | None, texts: tuple[str, str]
) -> tuple[_Recorded, _Recorded]:
    if sound == SPOKEN:
        write_small_print(
            "A synthetic voice reads each text aloud, so that a change of words is a change of "
            "sound, too."
        )
        return _Recorded(), _Recorded()
    if sound != RECORDED:
        write_small_print("The audio teacher is left out on both sides.")
        return _Recorded(), _Recorded()
    if mode == "bundles":
        found = _tell_mismatch(_ask_recording(0, "Recording of the post"), texts, 0, 0)
        return found, found
    left, right = st.columns(2, gap="large")
    with left:
        first = _ask_recording(0, f"Recording, {NAMES[mode][0].lower()}")
        before = _tell_mismatch(first, texts, 0, 0)
    with right:
        second = _ask_recording(1, f"Recording, {NAMES[mode][1].lower()}")
        shared = mode == "edit" and second is None and first is not None
        after = _tell_mismatch(first if shared else second, texts, 1, 0 if shared else 1)
        if shared and after.other_text is None:
            write_small_print("The recording on the left is used here as well.")
    return before, after


def _tell_mismatch(sound: bytes | None, texts: tuple[str, str], side: int, given: int) -> _Recorded:
    """The recording of a side, with a note where it came with another text.

    Args:
        sound: the recording.
        texts: of both sides.
        side: that hears it.
        given: the side that it was given for.
    """
    recorded, with_text = st.session_state.get(f"compare_recorded_{given}", (None, ""))
    if sound != recorded:  # not compared before
        with_text = texts[given]
    if sound is None or with_text.split() == texts[side].split():
        return _Recorded(sound)
    write_note(*MISMATCH)
    return _Recorded(sound, with_text)


def _ask_recording(side: int, label: str) -> bytes | None:
    state = st.session_state
    key = f"compare_upload_{side}_{state['compare_round']}"
    st.file_uploader(
        f"{label}: up to {_MB} MB and {MAX_AUDIO_S / 60:g} min",
        type=list(FORMATS),
        key=key,
        on_change=_keep,
        args=(side, key),
    )
    kept: bytes | None = state.get(f"compare_kept_{side}")
    if kept is not None and state.get(key) is None:
        st.text(f"Kept: a recording of {len(kept) / 1024**2:.1f} MB")
        st.button(
            "Take it away",
            type="tertiary",
            key=f"compare_away_{side}",
            on_click=_take_away,
            args=(side,),
        )
    return kept


def _take_away(side: int) -> None:
    for key in (f"compare_kept_{side}", f"compare_recorded_{side}"):
        st.session_state.pop(key, None)


@finished
def _keep(side: int, key: str) -> None:
    given: Any = st.session_state[key]
    st.session_state[f"compare_kept_{side}"] = None if given is None else given.getvalue()


def _ask_bundles() -> tuple[str, str]:
    shelf = {bundle.key: bundle for bundle in list_shelf()}
    names = {
        key: name_bundle(shelf[key], shelf)
        for key in sorted(shelf, key=lambda key: key != models.BUNDLE)
    }
    if len(names) == 1:
        write_small_print(
            f"One bundle is installed, {', '.join(names)}. Give the folder of another one, as "
            "“mhkd train” makes it."
        )
    left, right = st.columns(2, gap="large")
    with left:
        first = _ask_bundle(0, names, 0)
    with right:
        second = _ask_bundle(1, names, 1)
    return first, second


def _ask_bundle(side: int, names: Mapping[str, str], place: int) -> str:
    choices = [*names, _OWN_FOLDER]
    chosen = st.selectbox(
        NAMES["bundles"][side],
        choices,
        min(place, len(choices) - 1),
        format_func=lambda choice: names.get(choice, choice),
        key=f"compare_bundle_{side}",
        persist_state="session",
    )
    if chosen != _OWN_FOLDER:
        return chosen
    folder = st.text_input(
        "Its folder on this machine", key=f"compare_folder_{side}", persist_state="session"
    )
    return (folder or "").strip()
