"""What is installed, what would fail with it, and how to mend that."""

from __future__ import annotations

import importlib
import platform
import sys
from dataclasses import dataclass
from types import ModuleType

from mhkd.assets import ASSETS
from mhkd.audio.speak import APP_VOICE, VOICE_NAMES, open_voice
from mhkd.bundle import list_bundles
from mhkd.errors import VoiceError
from mhkd.torchaudio_mend import mend_torchaudio

_OLDEST_PYTHON = (3, 11)
_INSTALL = "Install it with: pip install -c constraints.txt ."
_NEEDED = {
    "transformers": "no bundle can be opened",
    "captum": "no explanation can be made",
    "soundfile": "wav, flac, ogg, mp3, aiff and caf can't be read",
    "av": "m4a, aac, mp4, webm, mka, 3gp and amr can't be read",
    "onnxruntime": "posts can't be spoken",
}


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: what was looked at.
        ok: it is as it should be.
        found: version, place or state.
        fails: what would fail; None if all is well.
        mend: what to do; None if all is well.
    """

    name: str
    ok: bool
    found: str
    fails: str | None = None
    mend: str | None = None


def examine() -> list[Check]:
    """Looks at Python, libraries, device, voices and bundles. Changes nothing."""
    return [
        _check_python(),
        *_check_torch(),
        *(_check_package(name, fails) for name, fails in _NEEDED.items()),
        *(_check_voice(name) for name in VOICE_NAMES),
        *_check_bundles(),
    ]


def _check_python() -> Check:
    found = platform.python_version()
    if sys.version_info[:2] >= _OLDEST_PYTHON:
        return Check("python", True, found)
    return Check("python", False, found, "the package does not run", "Use Python 3.11 or later.")


def _check_torch() -> list[Check]:
    torch = _import("torch")
    if torch is None:
        return [Check("torch", False, "not usable", "no bundle can be opened", _INSTALL)]
    cuda = torch.cuda.is_available()
    device = torch.cuda.get_device_name(0) if cuda else f"cpu, {torch.get_num_threads()} threads"
    return [
        Check("torch", True, str(torch.__version__)),
        Check("device", True, device),
        _check_torchaudio(),
    ]


def _check_torchaudio() -> Check:
    mended = mend_torchaudio()
    torchaudio = _import("torchaudio")
    if torchaudio is None:
        return Check(
            "torchaudio",
            False,
            "not usable",
            "recordings can't be resampled",
            "Install torch and torchaudio builds that match, both from the same index.",
        )
    state = "native parts set aside" if mended else "whole"
    return Check("torchaudio", True, f"{torchaudio.__version__}, {state}")


def _check_package(name: str, fails: str) -> Check:
    module = _import(name)
    if module is None:
        return Check(name, False, "not usable", fails, _INSTALL)
    found = str(getattr(module, "__version__", "unknown version"))
    if name == "soundfile":
        found += f", libsndfile {module.__libsndfile_version__}"
    if name == "av":
        found += f", FFmpeg {module.ffmpeg_version_info}"
    return Check(name, True, found)


def _check_voice(name: str) -> Check:
    used = "posts can't be spoken" if name == APP_VOICE else "training can't speak its corpus"
    try:
        open_voice(name)
    except VoiceError as fault:
        return Check(f"voice {name}", False, "not usable", used, fault.public_message)
    return Check(f"voice {name}", True, "installed, the pinned one")


def _check_bundles() -> list[Check]:
    summaries = list_bundles()
    if not summaries:
        return [
            Check(
                "bundles",
                False,
                f"none in {ASSETS / 'bundles'}",
                "nothing can be analysed by name",
                "Restore assets/ from the repository, or set MHKD_ASSETS to its folder.",
            )
        ]
    return [
        Check(f"bundle {bundle.name}", True, f"{bundle.version}, whole")
        if bundle.fault is None
        else Check(f"bundle {bundle.name}", False, "damaged", "it can't be opened", bundle.fault)
        for bundle in summaries
    ]


def _import(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except (ImportError, OSError):  # OSError: a native library that does not load
        return None
