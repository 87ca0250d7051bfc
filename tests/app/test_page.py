"""The page from its entry, over an analyser that answers by hand."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import models, session
from app.components.post_input import CONTENT_NOTE
from app.played import as_wav
from app.work import Desk
from mhkd.analyser import Analyser
from mhkd.errors import BundleError
from mhkd.limits import MAX_CHARS
from tests.app.driving import (
    PATIENCE_S,
    analyse_text,
    assert_help,
    await_words,
    find_button,
    read_html,
    settle,
)
from tests.app.example_analysis import TEXT, ExampleAnalyser, build_recording
from tests.tiny import POST, build_tiny_bundle

_ROOT = Path(__file__).resolve().parents[2]

Load = Callable[[], ExampleAnalyser]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Load], AppTest]]:
    """Opens the page over the analyser given."""

    def opened(load: Load) -> AppTest:
        monkeypatch.setattr(models, "load_analyser", load)
        page = AppTest.from_file(str(_ROOT / "app" / "main.py"), default_timeout=PATIENCE_S)
        return page.run()

    st.cache_resource.clear()
    yield opened
    st.cache_resource.clear()


def test_before_any_analysis(open_page: Callable[[Load], AppTest]) -> None:
    page = open_page(ExampleAnalyser)
    assert page.title[0].value == "What does this post resemble?"
    assert_help(page)
    assert read_html(page).count(CONTENT_NOTE) == 1
    assert not page.exception


def test_an_analysis_shows_answer_models_and_explanations(
    open_page: Callable[[Load], AppTest],
) -> None:
    page = analyse_text(open_page(ExampleAnalyser), TEXT)
    assert page.header[0].value == (
        "This post resembles posts from r/SuicideWatch more than posts from r/depression."
    )
    shown = read_html(page)
    for words in (
        "Teachers’ mean",
        "close (0.028)",
        "The teachers disagree.",
        "The student reads text only",
        "synthesised",
        "Did not converge",
    ):
        assert words in shown
    assert [tab.label for tab in page.tabs] == [
        "Words",
        "Emotions",
        "Sound",
        "Read and heard",
        "Record",
    ]
    assert page.text_area[0].value == TEXT
    assert_help(page)
    assert not page.exception


def test_every_sample_is_answered(open_page: Callable[[Load], AppTest]) -> None:
    page = open_page(ExampleAnalyser)
    samples = sorted((_ROOT / "assets" / "samples").glob("*.json"))
    assert 4 <= len(samples) <= 5
    for file in samples:
        sample = json.loads(file.read_text("utf-8"))
        page.pills(key="post_sample_0").set_value(sample["title"]).run()
        assert page.text_area[0].value == sample["text"]


def test_a_sample_does_not_lose_what_was_typed(open_page: Callable[[Load], AppTest]) -> None:
    page = open_page(ExampleAnalyser)
    page.text_area[0].set_value("my own words").run()
    page.pills(key="post_sample_0").set_value("A sourdough question").run()
    find_button(page, "Bring back my own text").click().run()
    assert page.text_area[0].value == "my own words"


def test_outside_leads_and_no_frequency_is_claimed(
    open_page: Callable[[Load], AppTest],
) -> None:
    page = analyse_text(open_page(lambda: ExampleAnalyser(outside=True)), TEXT)
    assert page.header[0].value == "Outside what this model knows."
    told = " ".join(block.value for block in page.markdown) + read_html(page)
    for promise in ("Of 100 posts", "Set of labels", "Speaks for", "remains"):
        assert promise not in told


def test_undecided(open_page: Callable[[Load], AppTest]) -> None:
    page = analyse_text(open_page(lambda: ExampleAnalyser(probability=0.54)), TEXT)
    assert page.header[0].value.startswith("Not decided")


@pytest.mark.parametrize("text", ["", "   \n", "a", "x" * 200_000])
def test_a_bad_text_is_told_and_kept(open_page: Callable[[Load], AppTest], text: str) -> None:
    page = analyse_text(open_page(ExampleAnalyser), text)
    assert "The post can’t be read" in read_html(page)
    assert page.text_area[0].value == text
    assert_help(page)
    assert not page.exception


def test_a_long_text_is_counted_before_it_is_sent(open_page: Callable[[Load], AppTest]) -> None:
    page = open_page(ExampleAnalyser)
    page.text_area[0].set_value("word " * MAX_CHARS).run()
    assert f"of at most {MAX_CHARS:,} characters" in read_html(page)


def test_a_bad_recording_is_told_and_the_text_kept(
    open_page: Callable[[Load], AppTest],
) -> None:
    page = open_page(ExampleAnalyser)
    page.pills(key="post_sound_0").set_value("uploaded").run()
    page.file_uploader[0].upload("broken.wav", b"RIFF not a sound at all", "audio/wav").run()
    page = analyse_text(page, TEXT)
    assert "The recording can’t be used" in read_html(page)
    assert page.text_area[0].value == TEXT
    assert_help(page)


def test_a_recording_is_heard_and_named_recorded(open_page: Callable[[Load], AppTest]) -> None:
    recording = build_recording(3.0, "recorded")
    page = open_page(ExampleAnalyser)
    page.pills(key="post_sound_0").set_value("uploaded").run()
    page.file_uploader[0].upload(
        "voice.wav", as_wav(recording.samples, recording.rate_hz), "audio/wav"
    ).run()
    page = analyse_text(page, TEXT)
    assert "Sound: recorded" in read_html(page)
    assert "pitch up a whole tone" in read_html(page)
    edited = "The recording no longer matches the text."
    assert edited not in read_html(page)
    page.text_area[0].set_value(f"{TEXT} Not any more.").run()
    assert edited in read_html(page)
    page = analyse_text(page, f"{TEXT} Not any more.")
    assert edited in read_html(page), "analysing it does not mend it"
    told = "The recording came with another text"
    assert read_html(page).count(told) > 1, "the summary and the findings say so"
    page.text_area[0].set_value(TEXT).run()
    assert edited not in read_html(page)
    assert told not in read_html(analyse_text(page, TEXT))


def test_without_sound_the_others_answer(open_page: Callable[[Load], AppTest]) -> None:
    page = open_page(ExampleAnalyser)
    page.pills(key="post_sound_0").set_value("none").run()
    page = analyse_text(page, TEXT)
    assert "did not answer" in read_html(page)
    assert page.header[0].value.startswith("This post resembles")


def test_infidelity_is_measured_when_asked_for(open_page: Callable[[Load], AppTest]) -> None:
    page = analyse_text(open_page(ExampleAnalyser), TEXT)
    page.button(key="asked_fidelity_student_suicide").click().run()
    await_words(page, "foresee 80 %")
    assert "Sensitivity 0.08" in read_html(page)
    labels = [button.label for button in page.button]
    assert labels.count("Measure infidelity and sensitivity") == 2  # text, emotion
    assert not page.exception


def test_other_voices_are_spoken_when_asked_for(open_page: Callable[[Load], AppTest]) -> None:
    page = analyse_text(open_page(ExampleAnalyser), TEXT)
    assert "12.0 points" not in read_html(page)
    find_button(page, "Speak it in other voices").click().run()
    await_words(page, "12.0 points over 2 voices")
    assert "is not installed: pip install x" in read_html(page)
    assert "Speak it in other voices" not in [button.label for button in page.button]
    assert not page.exception


def test_cancel_frees_the_page_and_keeps_the_text(open_page: Callable[[Load], AppTest]) -> None:
    page = open_page(lambda: ExampleAnalyser(pause_s=30))
    page.text_area[0].set_value(TEXT).run()
    find_button(page, "Analyse").click().run()
    began = time.monotonic()
    find_button(page, "Cancel").click().run()
    assert not find_button(page, "Analyse").disabled
    assert "Cancel" not in [button.label for button in page.button]
    assert page.text_area[0].value == TEXT
    assert time.monotonic() - began < 30


def test_work_is_stopped_when_the_session_ends(open_page: Callable[[Load], AppTest]) -> None:
    made: list[Desk] = []
    original = session.Desk

    class Noted(original):  # type: ignore[misc, valid-type]
        def __init__(self, *given: object) -> None:
            super().__init__(*given)
            made.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "Desk", Noted)
        page = open_page(lambda: ExampleAnalyser(pause_s=60))
        page.text_area[0].set_value(TEXT).run()
        find_button(page, "Analyse").click().run()
    case = made[0].case
    assert case is not None
    assert not case.cancel.is_set()
    st.cache_resource.clear()  # releases what the session held, as its end does
    assert case.cancel.is_set()


def test_the_other_label_can_be_explained(open_page: Callable[[Load], AppTest]) -> None:
    page = analyse_text(open_page(ExampleAnalyser), TEXT)
    chooser = next(g for g in page.segmented_control if "student" in (g.key or ""))
    chooser.set_value("depression").run()
    page = settle(page)
    assert "speaks for r/depression" in read_html(page)


def test_a_missing_bundle_is_told_on_both_pages(open_page: Callable[[Load], AppTest]) -> None:
    def fail() -> ExampleAnalyser:
        raise BundleError("student.safetensors is missing. Restore it.")

    page = analyse_text(open_page(fail), TEXT)
    assert "is missing. Restore it." in read_html(page)
    assert page.text_area[0].value == TEXT
    assert_help(page)


def test_method_page_is_filled_from_the_manifest(
    open_page: Callable[[Load], AppTest],
) -> None:
    open_page(ExampleAnalyser)
    models.open_analyser().result(PATIENCE_S)
    page = AppTest.from_function(_draw_method, default_timeout=PATIENCE_S).run()
    shown = read_html(page)
    for words in ("Whisper base encoder", "r/SuicideWatch", "52.0 %", "(87.0–92.0)"):
        assert words in shown
    assert_help(page)
    assert not page.exception


def test_a_changed_post_marks_the_answer_as_old(open_page: Callable[[Load], AppTest]) -> None:
    page = analyse_text(open_page(ExampleAnalyser), TEXT)
    page.text_area[0].set_value(f"{TEXT} And more.").run()
    assert "The post has changed." in read_html(page)


def test_clear_forgets_everything(open_page: Callable[[Load], AppTest]) -> None:
    page = analyse_text(open_page(ExampleAnalyser), TEXT)
    find_button(page, "Clear this case").click().run()
    assert page.text_area[0].value == ""
    assert TEXT not in read_html(page)
    assert_help(page)


def test_summary_blur_and_details(open_page: Callable[[Load], AppTest]) -> None:
    page = analyse_text(open_page(ExampleAnalyser), TEXT)
    for words in ("Speaks for r/SuicideWatch", "Speaks against", "Read and heard"):
        assert words in read_html(page)
    assert ".stTextArea textarea" not in read_html(page)
    page.toggle(key="analyse_blurred").set_value(True)
    page.toggle(key="analyse_short").set_value(True).run()
    assert ".stTextArea textarea" in read_html(page)
    assert not page.tabs
    assert "Speaks for r/SuicideWatch" in read_html(page)


def test_a_bundle_of_ones_own_is_chosen(
    open_page: Callable[[Load], AppTest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "bundle.json").write_text("{}")
    monkeypatch.setenv("MHKD_BUNDLES", str(tmp_path))
    page = open_page(ExampleAnalyser)
    page.selectbox(key="bundle").set_value("own:mine").run()
    page = analyse_text(page, TEXT)
    assert "is not a bundle manifest" in read_html(page)
    page.selectbox(key="bundle").set_value("sdcnl").run()
    page = analyse_text(page, TEXT)
    assert page.header[0].value.startswith("This post resembles")
    assert not page.exception


def test_labels_that_are_steps_of_a_scale(
    open_page: Callable[[Load], AppTest], tmp_path: Path
) -> None:
    bundle = build_tiny_bundle(tmp_path, ("low", "mid", "high"), ordered=True)
    page = open_page(lambda: Analyser.open(bundle))  # type: ignore[arg-type, return-value]
    page.pills(key="post_sound_0").set_value("none").run()
    page = analyse_text(page, POST)
    assert not page.exception
    for words in ("P(low)", "P(mid)", "P(high)", "steps of a scale"):
        assert words in read_html(page)
    assert "is not decided" not in read_html(page)


def test_a_draft_outlives_new_runs(open_page: Callable[[Load], AppTest]) -> None:
    page = open_page(ExampleAnalyser)
    page.text_area[0].set_value("a draft of mine").run()
    for _ in range(3):  # as after a connection that came back
        page.run()
    assert page.text_area[0].value == "a draft of mine"


def test_markup_in_a_post_stays_text(open_page: Callable[[Load], AppTest]) -> None:
    nasty = "I feel <img src=x onerror=alert(1)> ![a](http://evil.example/a.png) tired today"
    page = analyse_text(open_page(ExampleAnalyser), nasty)
    assert "<img" not in read_html(page)
    assert "evil" not in " ".join(block.value for block in page.markdown)


def _draw_method() -> None:
    from app.views import method

    method.show_page()
