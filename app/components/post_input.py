"""The post and its sound, as the user gives them. Owns the keys that begin with ``post_``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import streamlit as st

from app.components.draft import keep_draft, open_draft
from app.components.transcript import offer_transcript
from app.escape import write_note, write_small_print
from app.session import finished
from app.transcript_work import open_transcript_desk
from app.wording import say_length
from app.work import Fault, Order
from mhkd.limits import MAX_AUDIO_S, MAX_CHARS, MAX_UPLOAD_BYTES, MIN_AUDIO_S

FORMATS: Final = (
    "wav",
    "flac",
    "ogg",
    "oga",
    "opus",
    "mp3",
    "aiff",
    "aif",
    "caf",
    "m4a",
    "aac",
    "mp4",
    "webm",
    "mka",
    "3gp",
    "amr",
)
SPOKEN, UPLOADED, RECORDED, SILENT = "spoken", "uploaded", "recorded", "none"
_CHOICES: Final = {
    SPOKEN: "Let the post be spoken",
    UPLOADED: "Upload a recording",
    RECORDED: "Record now",
    SILENT: "No sound",
}
CONTENT_NOTE: Final = (
    "Some of the sample posts speak of low mood, of feeling like a burden and of not wanting to go "
    "on. You need not open them."
)
_MISMATCH: Final = (
    "The recording no longer matches the text.",
    "The text was edited, the recording was not: the audio teacher still hears the words as they "
    "were. Record or upload the new text, let it be spoken, or leave the sound out.",
)
_SAMPLES: Final = Path(__file__).parents[2] / "assets" / "samples"
_MB: Final = MAX_UPLOAD_BYTES // 1024**2


@dataclass(frozen=True, eq=False)
class Kept:
    """A recording as it came, kept while the user visits other pages."""

    name: str
    data: bytes


def ask_post(fault: Fault | None) -> Order:
    """Draws the inputs and tells what they hold.

    Args:
        fault: why the last analysis failed; said beside the input that is to blame.
    """
    state = st.session_state
    _take_transcript()
    for key, value in (("post_round", 0), ("post_fill", 0), ("post_filled", "")):
        state.setdefault(key, value)
    sample_key = f"post_sample_{state['post_round']}"
    if read_samples():
        write_small_print(CONTENT_NOTE)
    st.pills(
        "Sample posts",
        list(read_samples()),
        key=sample_key,
        on_change=_take_sample,
        args=(sample_key,),
        wrap=True,
        help="Written for this page. Choosing one replaces the text below.",
    )
    text = _ask_text()
    keep_draft(text, _take_back, blurred=bool(state.get("analyse_blurred", False)))
    _show_fault(fault, "text")
    choice = st.pills(
        "Sound",
        list(_CHOICES),
        format_func=_CHOICES.__getitem__,
        key=f"post_sound_{state['post_round']}",
        default=SPOKEN,
        required=True,
        persist_state="session",
        wrap=True,
    )
    kept = _ask_recording(choice)
    _show_fault(fault, "sound")
    sound = None if kept is None else kept.data
    order = Order(text, sound, choice == SPOKEN, _find_other_text(sound, text))
    if order.recording_of_other_text:
        write_note(*_MISMATCH)
    return order


def note_recorded(order: Order) -> None:
    """Remembers, as it is analysed, which text a recording came with."""
    state = st.session_state
    sound, _ = state.get("post_recorded", (None, ""))
    if order.sound is not None and order.sound != sound:
        state["post_recorded"] = (order.sound, order.text)


def _find_other_text(sound: bytes | None, text: str) -> str | None:
    """The text that a recording came with; None where it is this one, or not known."""
    recorded, with_text = st.session_state.get("post_recorded", (None, ""))
    known = sound is not None and sound == recorded
    return with_text if known and with_text.split() != text.split() else None


@finished
def clear_post() -> None:
    """Forgets the post and its recordings; uploads are dropped with their widgets."""
    state = st.session_state
    _fill("")
    open_draft().forget()
    state["post_round"] += 1
    open_transcript_desk().drop()
    for key in ("post_earlier", "post_kept_uploaded", "post_kept_recorded", "post_recorded"):
        state.pop(key, None)


@finished
def take_post(text: str) -> None:
    """Puts a post from another page in place; what was typed can be brought back."""
    state = st.session_state
    for key, value in (("post_round", 0), ("post_fill", 0), ("post_filled", "")):
        state.setdefault(key, value)
    typed: str = state.get(f"post_text_{state['post_fill']}") or ""
    if typed.strip() and typed != text and typed not in read_samples().values():
        state["post_earlier"] = typed
    _fill(text)
    state["post_taken"] = True


def take_sound(sound: Kept | None) -> None:
    """Puts the recording of a taken post in place; without one the text is spoken."""
    state = st.session_state
    if sound is not None:
        state[f"post_kept_{UPLOADED}"] = sound
    state[f"post_sound_{state['post_round']}"] = SPOKEN if sound is None else UPLOADED


def is_post_taken() -> bool:
    """A post from another page waits for the page Analyse to be drawn."""
    return bool(st.session_state.get("post_taken", False))


def settle_post() -> None:
    """The page Analyse is drawn with the post that another page gave."""
    st.session_state.pop("post_taken", None)


@lru_cache(maxsize=1)
def read_samples() -> dict[str, str]:
    """Title → text of the sample posts."""
    samples = (_read_sample(file) for file in sorted(_SAMPLES.glob("*.json")))
    return dict(sample for sample in samples if sample is not None)


def _read_sample(file: Path) -> tuple[str, str] | None:
    """Title and text; None for a file that is damaged, which is one sample less."""
    try:
        sample = json.loads(file.read_text("utf-8"))
        return str(sample["title"]), str(sample["text"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _ask_text() -> str:
    state = st.session_state
    key = f"post_text_{state['post_fill']}"
    text = st.text_area(  # no max_chars: it would drop a longer text without a word
        "Post",
        state["post_filled"],
        key=key,
        height=220,
        persist_state="session",
        placeholder="Paste or write a post.",
    )
    write_small_print(say_length(text or "", MAX_CHARS))
    if state.get("post_earlier"):
        st.button("Bring back my own text", type="tertiary", on_click=_bring_back)
    return text or ""


def _take_back(text: str) -> None:
    """Puts what was typed before a reload in place; what was typed since is not lost."""
    state = st.session_state
    if (state.get(f"post_text_{state['post_fill']}") or "").strip():
        state["post_earlier"] = text
    else:
        _fill(text)
    if open_draft().blurred:
        state["post_blur_again"] = True


def is_blurred_again() -> bool:
    """A post came back that was blurred before; True once."""
    return bool(st.session_state.pop("post_blur_again", False))


def _fill(text: str) -> None:
    """Puts a text into a fresh text area.

    Writing to the one on the page would be undone by a browser that reports the old
    text before it has seen the new one.
    """
    state = st.session_state
    state.pop(f"post_text_{state['post_fill']}", None)
    state["post_fill"] += 1
    state["post_filled"] = text


@finished
def _take_sample(key: str) -> None:
    state = st.session_state
    title = state[key]
    if title is None:
        return
    typed: str = state.get(f"post_text_{state['post_fill']}") or ""
    if typed.strip() and typed not in read_samples().values():
        state["post_earlier"] = typed
    _fill(read_samples()[title])


@finished
def _bring_back() -> None:
    state = st.session_state
    state[f"post_sample_{state['post_round']}"] = None
    _fill(state["post_earlier"])
    del state["post_earlier"]


def _ask_recording(choice: str | None) -> Kept | None:
    key = f"post_{choice}_{st.session_state['post_round']}"
    if choice == SPOKEN:
        write_small_print(
            "A synthetic voice reads the post aloud; the audio teacher hears that voice."
        )
        return None
    if choice == UPLOADED:
        st.file_uploader(
            f"Recording of the post: {', '.join(FORMATS)}; up to {_MB} MB, "
            f"{MIN_AUDIO_S:g} s to {MAX_AUDIO_S / 60:g} min",
            type=list(FORMATS),
            key=key,
            on_change=_keep,
            args=(choice, key),
        )
    elif choice == RECORDED:
        write_small_print(
            "Record only yourself, or someone who has agreed. The sound stays in this session, "
            "is not stored, and is gone with “Clear this case”."
        )
        st.audio_input(
            f"Read the post aloud, up to {MAX_AUDIO_S / 60:g} min",
            key=key,
            on_change=_keep,
            args=(choice, key),
        )
    else:
        write_small_print("The audio teacher is left out; the other models answer without it.")
        return None
    return _show_kept(choice, key)


@finished
def _keep(choice: str, key: str) -> None:
    given: Any = st.session_state[key]
    kept = None if given is None else Kept(given.name, given.getvalue())
    st.session_state[f"post_kept_{choice}"] = kept


def _show_kept(choice: str, key: str) -> Kept | None:
    kept: Kept | None = st.session_state.get(f"post_kept_{choice}")
    if kept is not None and st.session_state.get(key) is None:
        st.text(f"Kept: {kept.name}, {len(kept.data) / 1024**2:.1f} MB")
    if kept is not None:
        offer_transcript(kept.data)
    return kept


def _take_transcript() -> None:
    """Puts what a recording says in the place of the text, which can be brought back."""
    transcript = open_transcript_desk().collect()
    if transcript is not None and transcript.text:
        st.session_state.pop("post_recorded", None)  # the text is now the recording's own
        take_post(transcript.text)
        settle_post()


def _show_fault(fault: Fault | None, place: str) -> None:
    if fault is not None and fault.place == place:
        title = "The post can’t be read" if place == "text" else "The recording can’t be used"
        write_note(title, fault.message)
