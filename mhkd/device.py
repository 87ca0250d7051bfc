"""The torch device that a caller names."""

from __future__ import annotations

from mhkd.errors import InputError


def default_device() -> str:
    """CUDA where it is present, else the CPU."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def has_fast_bf16(device: str) -> bool:
    """Whether a torch device multiplies faster in bf16: CUDA that has it, or a CPU with AMX."""
    import torch

    if device.startswith("cuda"):
        return torch.cuda.is_available() and bool(torch.cuda.is_bf16_supported())
    return device == "cpu" and bool(torch.cpu.get_capabilities().get("amx_bf16"))


def check_device(device: str | None) -> str | None:
    """The device, if it is there; None stays None.

    Raises:
        InputError: no such device here.
    """
    if device is None:
        return None
    import torch

    usable = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    if device.split(":")[0] not in usable:
        raise InputError(f"There is no device '{device}' here. Devices: {', '.join(usable)}.")
    return device
