"""Lets torchaudio's Python parts load next to a CPU build of torch.

The torchaudio wheel on PyPI for Linux carries native libraries that are linked
to CUDA. Next to a CPU torch their loading fails, and with it ``import
torchaudio`` and ``import transformers``. This project uses only Python parts
(resampling, kaldi features), so the native extension is replaced by an empty
module before the first import. Where torch and torchaudio are matching builds
(both from PyTorch's own index, or CUDA present) nothing is done.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
import types


def needs_mending(torch_version: str, torchaudio_version: str) -> bool:
    """True where torch is a CPU build and torchaudio is not marked as one."""
    return torch_version.endswith("+cpu") and not torchaudio_version.endswith("+cpu")


def mend_torchaudio() -> bool:
    """Puts an empty ``torchaudio._extension`` in place where it is needed.

    Returns:
        True if the stand-in is in place afterwards.
    """
    if "torchaudio" in sys.modules:
        return getattr(sys.modules.get("torchaudio._extension"), "MENDED", False)
    if importlib.util.find_spec("torchaudio") is None:
        return False
    if not needs_mending(_version("torch"), _version("torchaudio")):
        return False
    stand_in = types.ModuleType("torchaudio._extension")
    stand_in.__dict__.update(
        MENDED=True,
        _IS_TORCHAUDIO_EXT_AVAILABLE=False,
        _IS_RIR_AVAILABLE=False,
        _IS_ALIGN_AVAILABLE=False,
        fail_if_no_align=_refuse_native,
        fail_if_no_rir=_refuse_native,
        lazy_import_sox_ext=_refuse_native,
    )
    sys.modules["torchaudio._extension"] = stand_in
    return True


def _refuse_native(function: object) -> object:
    return function


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
