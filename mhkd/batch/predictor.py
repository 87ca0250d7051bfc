"""What a batch needs of the models, and how it waits for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeVar

from mhkd.answers import SoundAnswer, TextAnswers
from mhkd.errors import Cancelled, InputError
from mhkd.manifest import Manifest
from mhkd.post import Post

_TRY_AGAIN_S: Final = 0.5
# What a tokenizer or network raises over one odd row. Anything else ends the run.
ROW_ERRORS: Final = (ValueError, RuntimeError, IndexError, KeyError, TypeError, OverflowError)
Found = TypeVar("Found")


class Predictor(Protocol):
    """What of ``mhkd.analyser.Analyser`` a batch needs."""

    @property
    def labels(self) -> tuple[str, ...]:
        """In the order of the logits."""

    @property
    def manifest(self) -> Manifest:
        """What the bundle says of itself."""

    @property
    def familiarity_limit(self) -> float | None:
        """Distance from which on a post is outside what the student knows; None: can't be told."""

    def answer_texts(
        self,
        texts: Sequence[str],
        models: Sequence[str] = ...,
        *,
        familiar: bool = ...,
        cancel: threading.Event | None = ...,
    ) -> TextAnswers:
        """Calibrated probabilities, and what is found on the way."""

    @property
    def missing_transcriber(self) -> str | None:
        """How to get what compares recordings with texts; None where it is there."""

    def hear(
        self, post: Post, *, compare: bool = ..., cancel: threading.Event | None = ...
    ) -> SoundAnswer:
        """What the audio teacher says of a post's recording."""


def ask_in_turn(ask: Callable[[], Found], cancel: threading.Event | None) -> Found:
    """What ``ask`` gives. A batch is patient: a full queue is waited for.

    Raises:
        Cancelled: ``cancel`` was set.
    """
    while True:
        if cancel is not None and cancel.is_set():
            raise Cancelled
        try:
            return ask()
        except InputError as fault:
            if fault.code != "busy":
                raise
            time.sleep(_TRY_AGAIN_S)
