"""The work of one session, in threads that never touch the page.

A ``Desk`` belongs to a session and holds at most one case. Work writes to the case,
the page reads it; ``Desk.close`` stops everything when the session ends.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from app.asked_work import Asked, HeardOtherwise, WhileWanted
from mhkd.analysis import (
    Analysis,
    Attribution,
    Familiarity,
    Finding,
    Prediction,
    Progress,
    SoundPicture,
)
from mhkd.audio.heard import cut_heard
from mhkd.cases.audit_notes import noting_analysis
from mhkd.errors import AudioError, Cancelled, InputError, MhkdError
from mhkd.post import Post, Recording

if TYPE_CHECKING:
    from mhkd.analyser import Analyser

ExplainedModel = Literal["student", "text", "emotion", "audio"]
Explained = Literal["none", "words", "all"]
Place = Literal["text", "sound", "models"]
_LOOK_AT_CANCEL_S = 0.2


@dataclass(frozen=True)
class Order:
    """What is to be analysed.

    Attributes:
        text: the post.
        sound: an encoded recording, or None.
        speak: speak the post where there is no recording.
        sound_text: the text that the recording came with, where that was another one.
    """

    text: str
    sound: bytes | None
    speak: bool
    sound_text: str | None = None

    @property
    def recording_of_other_text(self) -> bool:
        """The recording came with another text, and the text was edited since."""
        return self.sound is not None and self.sound_text is not None


@dataclass(frozen=True)
class Stage:
    """A stage that has begun; ``ended_s`` is None while it runs. Monotonic clock.

    ``share`` is what of it is done, 0 to 1, where that is told and while it runs.
    """

    name: str
    began_s: float
    ended_s: float | None = None
    share: float | None = None


@dataclass(frozen=True)
class Fault:
    """Why an analysis ended without an answer, and beside what it is to be said."""

    message: str
    place: Place


@dataclass(eq=False)
class Case:
    """One post on its way; written by its worker, read by the page.

    ``version`` grows with each result that the page has to draw. ``shown``: the reader has seen an
    answer. ``otherwise`` is its sound as it was last changed, ``heard`` what ``find_heard`` found.
    ``judged_first`` is the reader's judgement before that, ``kept_id`` the case as it was
    kept.
    """

    order: Order
    opening: Future[Analyser]
    cancel: threading.Event = field(default_factory=threading.Event)
    stages: tuple[Stage, ...] = ()
    student: Prediction | None = None
    familiarity: Familiarity | None = None
    text_findings: tuple[Finding, ...] = ()
    analysis: Analysis | None = None
    recording: Recording | None = None
    picture: SoundPicture | None = None
    explained: dict[tuple[str, str], Attribution | None] = field(default_factory=dict)
    pending: dict[tuple[str, str], Future[None]] = field(default_factory=dict)
    asked: dict[tuple[str, ...], Asked] = field(default_factory=dict)
    otherwise: HeardOtherwise | None = None
    heard: Recording | None = None
    work: Future[None] | None = None
    pseudonym: str = ""
    shown: bool = False
    judged_first: str | None = None
    kept_id: str | None = None
    version: int = 0
    amending: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def is_undecided(self) -> bool:
        """There is an answer that the reader has not seen, and nothing noted before it."""
        return self.student is not None and self.judged_first is None and not self.shown

    @property
    def running(self) -> bool:
        """The analysis itself is not finished."""
        return self.work is not None and not self.work.done()

    @property
    def busy(self) -> bool:
        """The analysis or one more explanation is not finished."""
        return self.running or any(not future.done() for future in self.pending.values())

    @property
    def state(self) -> tuple[int, bool, bool]:
        """Another one once there is something new to draw; see ``redraw_if_changed``."""
        return self.version, self.running, self.busy

    @property
    def waiting(self) -> int:
        """Callers in the models' queue, 0 while the models are being opened."""
        if not self.opening.done() or self.opening.exception() is not None:
            return 0
        return self.opening.result().waiting

    @property
    def fault(self) -> Fault | None:
        """What went wrong, None while all is well."""
        if self.work is None or not self.work.done() or self.work.cancelled():
            return None
        return as_fault(self.work.exception())

    def post(self) -> Post:
        """The post with its sound, as far as that is known."""
        known = self.order.recording_of_other_text
        return Post(self.order.text, self.recording, recording_of_other_text=known)

    def find_heard(self) -> Recording | None:
        """The sound as the audio teacher hears it, at 16 kHz; None where it hears nothing."""
        analysis, recording = self.analysis, self.recording
        if self.heard is None and analysis is not None and recording is not None:
            seconds = analysis.given.audio.seconds_heard
            self.heard = cut_heard(recording, seconds) if seconds else None
        return self.heard

    def amend(self, change: Callable[[Analysis], Analysis]) -> None:
        """Adds to the finished analysis what was asked for beside it."""
        with self.amending:
            if self.analysis is not None:
                self.analysis = change(self.analysis)
        self.version += 1

    def begin(self, name: str) -> None:
        """Ends the stage that runs and begins the next one."""
        now = time.monotonic()
        self.end(now)
        self.stages = (*self.stages, Stage(name, now))

    def go_on(self, share: float) -> None:
        """Notes the share of the running stage that is done."""
        self.stages = (*self.stages[:-1], replace(self.stages[-1], share=share))

    def end_now(self) -> None:
        """Ends the stage that runs at this moment."""
        self.end(time.monotonic())

    def end(self, now: float) -> None:
        """Ends the stage that runs."""
        if self.stages and self.stages[-1].ended_s is None:
            last = self.stages[-1]
            self.stages = (*self.stages[:-1], Stage(last.name, last.began_s, now))


class Desk:
    """The one case of a session and the threads that work on it.

    Args:
        make_cancel: gives the event that ends the work on a case once it is set.
    """

    def __init__(self, make_cancel: Callable[[], threading.Event] = threading.Event) -> None:
        self.case: Case | None = None
        self._make_cancel = make_cancel
        self.pseudonym = f"session-{secrets.token_hex(6)}"
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="case")

    def take(self, order: Order, opening: Future[Analyser]) -> Case:
        """Starts on a new case; an earlier one is dropped."""
        self.drop()
        cancel = self._make_cancel()
        self.case = case = Case(order, opening, cancel, pseudonym=self.pseudonym)
        case.work = self._pool.submit(analyse_case, case)
        return case

    def explain(self, model: ExplainedModel, target: str) -> None:
        """Starts on an explanation for another label, unless it is there or under way."""
        case, key = self.case, (model, target)
        if case is None or key in case.explained or key in case.pending:
            return
        case.pending[key] = self._pool.submit(explain_case, case, model, target)

    def ask(self, key: tuple[str, ...], act: Callable[[Case, Asked], None]) -> None:
        """Starts on something beside the analysis, unless it is under way."""
        case = self.case
        if case is None or (key in case.asked and case.asked[key].running):
            return
        case.asked[key] = asked = Asked(WhileWanted(case.cancel))
        asked.work = self._pool.submit(act, case, asked)

    def give_up(self, key: tuple[str, ...]) -> None:
        """Stops what was asked for beside the analysis; the page is free of it at once."""
        asked = None if self.case is None else self.case.asked.pop(key, None)
        if asked is not None:
            asked.cancel.set()

    def drop(self) -> None:
        """Stops the work; the page is free at once, the thread within two seconds."""
        if self.case is not None:
            self.case.cancel.set()
        self.case = None

    def close(self) -> None:
        """Stops for good."""
        self.drop()
        self._pool.shutdown(wait=False, cancel_futures=True)


def analyse_case(
    case: Case, explain: Explained = "all", target: Callable[[], str | None] = lambda: None
) -> None:
    """Answers a case and explains it, in the thread of the caller.

    A recording is compared with the text in any case, where a transcriber is there.

    Args:
        case: takes the results and the stages.
        explain: which explanations follow the answers.
        target: gives the label explained once the models are open; None is the student's own.
    """
    settings = {"speak": case.order.speak, "recording": case.order.sound is not None}
    with noting_analysis(case.order.text, case.pseudonym, settings) as noting:
        _answer(case, explain, target)
        noting.analysis = case.analysis


def explain_case(case: Case, model: ExplainedModel, target: str) -> None:
    """Explains one model for one label, in the thread of the caller."""
    analyser = _await_models(case)
    case.explained[model, target] = analyser.explain(case.post(), model, target, cancel=case.cancel)
    case.version += 1


def _answer(case: Case, explain: Explained, target: Callable[[], str | None]) -> None:
    case.begin("loading")
    analyser = _await_models(case)
    from mhkd.analyser import check_text, judge_text, picture_sound, read_recording

    case.begin("checking")
    check_text(case.order.text)
    case.text_findings = tuple(judge_text(case.order.text))
    if case.order.sound is not None:
        case.begin("decoding")
        case.recording = read_recording(case.order.sound, cancel=case.cancel)
        case.picture = picture_sound(case.recording)
    case.begin("waiting")
    analysis = analyser.analyse(
        case.post(),
        explain=explain,
        target=target(),
        speak=case.order.speak,
        compare_recording=True,
        on_progress=lambda progress: _note_progress(case, progress),
        cancel=case.cancel,
    )
    case.end_now()
    case.analysis = analysis
    case.version += 1


def _note_progress(case: Case, progress: Progress) -> None:
    if progress.stage != "done" and case.stages[-1].name != progress.stage:
        case.begin(progress.stage)
    if progress.share is not None:
        case.go_on(progress.share)
    if progress.student is not None and case.student is None:
        case.student, case.familiarity = progress.student, progress.familiarity
        case.version += 1
    if progress.recording is not None and case.recording is None:
        from mhkd.analyser import picture_sound

        case.recording, case.picture = progress.recording, picture_sound(progress.recording)
    if progress.partial is not None and progress.partial != case.analysis:
        case.analysis = progress.partial
        case.version += 1


def _await_models(case: Case) -> Analyser:
    while True:
        if case.cancel.is_set():
            raise Cancelled
        try:
            return case.opening.result(timeout=_LOOK_AT_CANCEL_S)
        except NotYet:
            if case.opening.done():
                raise


def as_fault(fault: BaseException | None) -> Fault | None:
    """An exception of the work as the page tells it; None for none and for Cancel."""
    if fault is None or isinstance(fault, Cancelled):
        return None
    if isinstance(fault, AudioError):
        return Fault(fault.public_message, "sound")
    if isinstance(fault, InputError) and fault.code != "busy":
        return Fault(fault.public_message, "text")
    if isinstance(fault, MhkdError):
        return Fault(fault.public_message, "models")
    return Fault(
        f"The analysis stopped for a reason that was not foreseen ({type(fault).__name__}). "
        "Your post is still here; try again, and report it if it happens twice.",
        "models",
    )
