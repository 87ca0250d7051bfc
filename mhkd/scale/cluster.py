"""Starting or joining Ray, closed to everybody without the token."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from mhkd.errors import MhkdError

_SMALLEST_STORE: Final = 150 * 1024**2
_FEWEST_CPUS: Final = 2  # one for workers, one for the tasks that feed them


@contextmanager
def joined(
    address: str | None = None,
    *,
    cpus: int | None = None,
    store_bytes: int = _SMALLEST_STORE,
) -> Iterator[Any]:
    """Ray for the length of the ``with``: a cluster at ``address``, or one of this machine.

    Args:
        address: of a running cluster; its token is read as Ray does, from ``RAY_AUTH_TOKEN``,
            ``RAY_AUTH_TOKEN_PATH`` or ``~/.ray/auth_token``. None starts one here, with a
            token that is made there at the first time. Its ports can be reached from other
            machines, but answer to the token alone.
        cpus: of the new one; None takes all.
        store_bytes: memory for objects of the new one.

    Raises:
        MhkdError: the cluster can't be joined.
    """
    import ray

    settings: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    if address is None:
        settings |= {
            "num_cpus": max(cpus or os.cpu_count() or 1, _FEWEST_CPUS),
            "object_store_memory": store_bytes,
            "include_dashboard": False,
        }
    try:
        ray.init(address or "local", **settings)
    except (ConnectionError, RuntimeError, ray.exceptions.RayError) as fault:
        raise MhkdError(
            f"Ray at {address or 'this machine'} can't be joined ({type(fault).__name__}). "
            "Is it running, and is its token in RAY_AUTH_TOKEN?"
        ) from fault
    try:
        yield ray
    finally:
        ray.shutdown()
