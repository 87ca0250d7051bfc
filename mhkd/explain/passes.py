"""How much of a long computation is done, counted in passes of the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping

OnShare = Callable[[float], None]
OnPasses = Callable[[int], None]


class PassCount:
    """Tells the share of all passes that are done, whenever it has grown by a hundredth.

    A part that needs fewer passes than planned is done when the next one begins; one that needs
    more waits at its end.

    Args:
        planned: part → passes that it takes at most, in the order of the parts.
        on_share: told the share, 0 to 1; None for nobody.
    """

    def __init__(self, planned: Mapping[str, int], on_share: OnShare | None) -> None:
        self._planned, self._on_share = planned, on_share
        self._total = sum(planned.values())
        self._before, self._here, self._told = 0, 0, 0.0
        self._part = ""

    def begin(self, part: str) -> None:
        """A part begins; all before it are done."""
        names = list(self._planned)
        self._part, self._here = part, 0
        self._before = sum(self._planned[name] for name in names[: names.index(part)])
        self._tell()

    def add(self, passes: int) -> None:
        """Passes of the part under way are done."""
        self._here = min(self._here + passes, self._planned[self._part])
        self._tell()

    def _tell(self) -> None:
        share = (self._before + self._here) / self._total
        if self._on_share is not None and share >= self._told + 0.01:
            self._told = share
            self._on_share(share)


def count_nothing(_: int) -> None:
    """Stands where nobody counts."""
