"""The recordings of some rows, decoded one at a time and put before the audio teacher."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mhkd.batch.predictor import ROW_ERRORS, Predictor, ask_in_turn
from mhkd.batch.recordings import Recordings
from mhkd.batch.sounds import NO_RECORDING, NOT_JUDGED, RowSound, describe_sound
from mhkd.errors import AudioError
from mhkd.post import Post


@dataclass(frozen=True)
class HeardRow:
    """A row's sound and what the audio teacher says of it.

    Attributes:
        probabilities: by label; None where it gave no answer.
    """

    sound: RowSound
    probabilities: Mapping[str, float] | None = None


def hear_rows(
    analyser: Predictor,
    recordings: Recordings,
    rows: Sequence[tuple[str, str]],
    cancel: threading.Event | None = None,
    *,
    compare: bool = False,
) -> list[HeardRow]:
    """What the audio teacher says of each row.

    A recording that can't be used is told for its row and leaves the others as they are. The
    limited child process of ``mhkd.audio.decode`` decodes.

    Args:
        analyser: the models; asked recording by recording, so that others get their turn.
        recordings: by name.
        rows: the name of the recording, empty for none, and the text, of each row.
        cancel: looked at before each recording, and while it is decoded and heard.
        compare: also compare each recording with its text; it is written down for that.

    Raises:
        Cancelled: ``cancel`` was set.
        MhkdError: the models can't be asked at all.
    """
    found: list[HeardRow] = []
    failed: list[Exception] = []
    heard = 0
    for name, text in rows:
        if not name.strip():
            found.append(HeardRow(NO_RECORDING))
            continue
        try:
            found.append(_hear(analyser, recordings, name, text, cancel, compare=compare))
            heard += found[-1].probabilities is not None
        except AudioError as fault:
            found.append(HeardRow(RowSound("none", fault=fault.public_message)))
        except ROW_ERRORS as fault:
            found.append(HeardRow(NOT_JUDGED))
            failed.append(fault)
    if len(failed) > 1 and not heard:  # not the recordings, then
        raise failed[0]
    return found


def _hear(
    analyser: Predictor,
    recordings: Recordings,
    name: str,
    text: str,
    cancel: threading.Event | None,
    *,
    compare: bool,
) -> HeardRow:
    from mhkd.analyser import read_recording

    content = recordings.read(name)
    post = Post(text, read_recording(content, cancel=cancel))
    answer = ask_in_turn(lambda: analyser.hear(post, compare=compare, cancel=cancel), cancel)
    return HeardRow(describe_sound(answer), answer.probabilities)
