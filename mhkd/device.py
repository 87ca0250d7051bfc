"""The torch device that a caller names."""

from __future__ import annotations

from mhkd.errors import InputError


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
