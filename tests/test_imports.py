"""Imports run one way, and importing the package is quick."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Records and numbers that say nothing about how things are done: open to all of mhkd.
RECORDS = {
    "analysis",
    "answers",
    "assets",
    "attribution_checks",
    "attributions",
    "contributions",
    "errors",
    "formulas",
    "limits",
    "manifest",
    "post",
    "voices",
}

# Part of mhkd → the parts of it that it may import, beside the records and itself.
# An entry with a dot allows that one module.
ALLOWED: dict[str, set[str]] = {
    "text": set(),
    "audio": {"text", "device"},
    "emotion": {"text"},
    "models": {"text", "audio", "emotion.words"},
    "bundle": {"models"},
    "explain": {"models", "text", "audio"},
    "predictions": {"models"},
    "batch_predictions": {"predictions", "models", "bundle", "audio"},
    "findings": set(),
    "conformal": set(),
    "shelf": set(),
    "neutral": {"predictions", "models"},
    "gate": set(),
    "voice_answers": {"audio"},
    "post_answers": {"predictions", "findings", "models", "bundle", "neutral", "audio", "text"},
    "post_run": {"post_answers", "findings", "models", "bundle", "explain", "text"}
    | {"conformal", "neutral"},
    "post_stages": {"post_run", "models", "audio", "gate"},
    "open_bundle": {"bundle", "device", "gate", "models"},
    "analyser": {"open_bundle", "post_stages", "post_run", "neutral", "predictions"}
    | {"batch_predictions", "models", "bundle", "audio", "text", "voice_answers"},
    "training": {"models", "text", "audio", "emotion", "bundle"}
    | {"predictions", "batch_predictions", "metrics", "conformal", "batch.curves"}
    | {"device", "explain.students", "reports"},
    "metrics": set(),
    "batch": {"analyser", "device", "metrics", "text", "cases.audit_notes"},
    "behaviour": {"analyser", "bundle", "device", "metrics", "reports"},
    "bench": {"analyser", "audio", "batch_predictions", "bundle", "device", "models"}
    | {"post_run", "predictions", "tables"},
    "device": set(),
    "faithfulness": {"bundle", "device", "explain", "metrics", "models", "post_run"}
    | {"reports", "training"},
    "reports": {"bundle"},
    "evaluate": {"analyser", "training", "metrics"},
    "doctor": {"audio", "bundle", "torchaudio_mend"},
    "quiet_logs": set(),
    "tables": {"bundle", "doctor", "metrics"},
    "torchaudio_mend": set(),
    "cases": {"text", "remote.wire"},
    "recipes": set(),
    "results": {"bundle", "metrics"},
    "remote": {"bundle", "findings", "voice_answers"},
}
APP_MODULES_ALLOWED = {
    "mhkd.audio.heard",  # light until a sound is resampled
    "mhkd.audio.manner",  # and until one is changed
    "mhkd.audio.transcribe",  # light until it is asked to listen
    "mhkd.conformal",  # needs no model
    "mhkd.text.spans",  # nor does this
}
APP_ALLOWED = {
    "analyser",
    "analysis",
    "answers",
    "post",
    "limits",
    "manifest",
    "errors",
    "metrics",
    "batch",
    "cases",
    "quiet_logs",
    "remote",
    "shelf",
}


def _files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def _imported(file: Path) -> set[str]:
    """Full names of all modules that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            names |= _from_names(str(node.module), [alias.name for alias in node.names])
    return names


def _from_names(module: str, names: list[str]) -> set[str]:
    folder = ROOT / module.replace(".", "/")
    if not folder.is_dir():
        return {module}
    return {
        f"{module}.{name}"
        if (folder / f"{name}.py").is_file() or (folder / name).is_dir()
        else module
        for name in names
    }


def _part(file: Path) -> str:
    return file.relative_to(ROOT / "mhkd").with_suffix("").parts[0]


def _faults(part: str, imported: set[str], allowed: set[str]) -> list[str]:
    ours = {name.removeprefix("mhkd.") for name in imported if name.startswith("mhkd.")}
    return sorted(
        name
        for name in ours
        if name.split(".")[0] not in allowed | RECORDS | {part} and name not in allowed
    )


@pytest.mark.parametrize("file", _files("mhkd"), ids=lambda f: str(f.relative_to(ROOT)))
def test_directions_in_the_package(file: Path) -> None:
    part, imported = _part(file), _imported(file)
    assert not [name for name in imported if name.split(".")[0] in ("streamlit", "app")]
    if part == "scale":
        return
    assert not [name for name in imported if name.startswith("mhkd.scale")]
    if part in ("cli", "cli_files", "__init__", "__main__"):
        return
    if part in RECORDS:
        assert not _faults(part, imported, set())
        return
    assert part in ALLOWED, f"{part} is new: say here what it may import"
    assert not _faults(part, imported, ALLOWED[part])


@pytest.mark.parametrize("file", _files("app"), ids=lambda f: str(f.relative_to(ROOT)))
def test_directions_in_the_app(file: Path) -> None:
    ours = {name for name in _imported(file) if name.split(".")[0] == "mhkd"}
    assert not {
        name
        for name in ours
        if name.split(".")[1] not in APP_ALLOWED and name not in APP_MODULES_ALLOWED
    }


@pytest.mark.parametrize(
    ("package", "file"),
    [("parselmouth", "mhkd/audio/voice.py"), ("faster_whisper", "mhkd/audio/transcribe.py")],
)
def test_an_extra_is_imported_in_one_place(package: str, file: str) -> None:
    importing = {
        str(found.relative_to(ROOT))
        for folder in ("mhkd", "app")
        for found in _files(folder)
        if package in {name.split(".")[0] for name in _imported(found)}
    }
    assert importing == {file}


def test_the_check_sees_a_wrong_import(tmp_path: Path) -> None:
    file = tmp_path / "wrong.py"
    file.write_text("def f():\n    from mhkd.training import data\n    import streamlit\n", "utf-8")
    imported = _imported(file)
    assert imported == {"mhkd.training.data", "streamlit"}
    assert _faults("models", imported, ALLOWED["models"]) == ["training.data"]
    assert not _faults("models", {"mhkd.emotion.words"}, ALLOWED["models"])
    assert _faults("models", {"mhkd.emotion.graph"}, ALLOWED["models"]) == ["emotion.graph"]


@pytest.mark.parametrize("module", ["mhkd", "mhkd.cli", "mhkd.post", "mhkd.analysis"])
def test_importing_is_quick(module: str) -> None:
    heavy = "('torch', 'transformers', 'streamlit', 'pandas', 'captum')"
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
