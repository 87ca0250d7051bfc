"""What all sessions together hold in memory of one kind, within one limit."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from typing import TypeVar
from weakref import WeakKeyDictionary

from mhkd.errors import InputError

Held = TypeVar("Held")


class Budget:
    """Counts things from when they are made until nobody holds them.

    One is made after the other, so that no more than one lies beside what is counted.

    Args:
        limit_bytes: of all that is held.
        refusal: told to whoever would hold more.
    """

    def __init__(self, limit_bytes: int, refusal: str) -> None:
        self.limit_bytes, self._refusal = limit_bytes, refusal
        self._held: WeakKeyDictionary[object, int] = WeakKeyDictionary()
        self._lock = threading.Lock()

    @property
    def held_bytes(self) -> int:
        """What is held now."""
        return sum(self._held.values())

    def hold(self, make: Callable[[], Held], at_least: int, measure: Callable[[Held], int]) -> Held:
        """Makes a thing and counts it.

        Args:
            make: gives it; it must allow weak references.
            at_least: bytes that it will surely take; it is not even made where these are too many.
            measure: bytes that it takes.

        Raises:
            InputError: it would be too much; and whatever ``make`` raises.
        """
        with self._lock:
            self._check(at_least)
            made = make()
            size = measure(made)
            self._check(size)
            self._held[made] = size
            return made

    def _check(self, size: int) -> None:
        if self.held_bytes + size > self.limit_bytes:
            gc.collect()  # what was let go may wait in a cycle
            if self.held_bytes + size > self.limit_bytes:
                raise InputError(self._refusal)
