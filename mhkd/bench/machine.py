"""The machine that was measured, and how busy it was."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from mhkd.bench.references import measure_products


def describe_machine(device: torch.device) -> dict[str, Any]:
    """Processor, cores, threads, versions, product rate, and the load when asked."""
    cuda = device.type == "cuda"
    return {
        "processor": _name_processor(),
        "device": torch.cuda.get_device_name(device) if cuda else "cpu",
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "memory_gb": _read_memory_gb(),
        "load_average_1min": _read_load(),
        "gflops_matrix_product": round(measure_products(device), 1),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": version("transformers"),
    }


def read_peak_memory_mb() -> float | None:
    """Most memory that this process has held so far; None where the system doesn't say."""
    try:
        status = Path("/proc/self/status").read_text("ascii")
    except OSError:
        return None
    line = next((line for line in status.splitlines() if line.startswith("VmHWM")), None)
    return None if line is None else int(line.split()[1]) / 1024


def _name_processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _read_memory_gb() -> float | None:
    if "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", {}):
        return None
    return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1024**3, 1)


def _read_load() -> float | None:
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
