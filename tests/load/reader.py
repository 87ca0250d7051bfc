"""A reader of the page without a browser: presses Analyse and follows what is drawn."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates

from tests.attack.visitor import Visitor

_LONGEST_S = 240.0
_NAMED_FAULT = re.compile(r"\w+ at \S+\.py:\d+")


def list_faults(log: str) -> list[str]:
    """The unforeseen faults that a server's log names, by their kind and place."""
    return _NAMED_FAULT.findall(log)


@dataclass
class Reader(Visitor):
    """One open session.

    Attributes:
        page: what is on the screen, by its place.
        watched: the fragment that asks to be drawn again and again, and how often.
        errors: tracebacks that the page showed, and parts of it that could not be drawn.
    """

    page: dict[tuple[int, ...], Element] = field(default_factory=dict)
    watched: tuple[str, float] | None = None
    errors: int = 0
    _text: WidgetState = field(default_factory=WidgetState)
    _place: str = ""

    def analyse(self, text: str) -> str:
        """Presses Analyse and waits until the page has come to rest; gives what it says."""
        self.press(text)
        return self.follow()

    def press(self, text: str) -> None:
        """Writes the post and presses Analyse."""
        states = WidgetStates()
        states.widgets.add(id=self._find("text_area", "Post"), string_value=text)
        states.widgets.add(id=self._find("button", "Analyse"), trigger_value=True)
        self._text = states.widgets[0]
        self._send(states)
        self._listen_on()

    def open_batch(self, name: str, content: bytes) -> None:
        """Gives a file to the page Batch."""
        self._text = WidgetState()
        self.draw(page="batch")
        assert self.upload(content, name=name, file="posts").status_code == 204
        states = WidgetStates()
        chosen = states.widgets.add(id=self._find("file_uploader", "File of posts"))
        file = chosen.file_uploader_state_value.uploaded_file_info.add()
        file.file_id, file.name, file.size = "posts", name, len(content)
        self._send(states)
        self._listen_on()

    def click(self, button: str) -> None:
        """Clicks on a button; what else the page asks stays as it proposes."""
        states = WidgetStates()
        states.widgets.add(id=self._find("button", button), trigger_value=True)
        self._send(states)
        self._listen_on()

    def follow(
        self, on_drawn: Callable[[], None] = lambda: None, within_s: float = _LONGEST_S
    ) -> str:
        """Draws the page again as it asks for, until it no longer does."""
        end = time.monotonic() + within_s
        while self.watched is not None:
            assert time.monotonic() < end, "the page did not come to rest"
            on_drawn()
            name, interval_s = self.watched
            time.sleep(interval_s)
            states = WidgetStates()
            if self._text.id:
                states.widgets.append(self._text)
            self._send(states, fragment=name)
            self._listen_on()
        return self.read()

    def read(self) -> str:
        """The words on the screen."""
        kinds = ("html", "markdown", "heading", "text")
        found = []
        for _, element in sorted(self.page.items()):
            kind = element.WhichOneof("type")
            if kind in kinds:
                found.append(str(getattr(element, kind).body))
        return "\n".join(found)

    def _find(self, kind: str, label: str) -> str:
        for element in self.page.values():
            if element.WhichOneof("type") == kind and label in getattr(element, kind).label:
                return str(getattr(element, kind).id)
        raise AssertionError(f"there is no {kind} '{label}' on the page")

    def _send(self, states: WidgetStates, fragment: str = "") -> None:
        message = BackMsg()
        message.rerun_script.widget_states.CopyFrom(states)
        message.rerun_script.fragment_id = fragment
        message.rerun_script.page_script_hash = self._place
        message.rerun_script.is_auto_rerun = bool(fragment)
        self.channel.send(message.SerializeToString())

    def _listen_on(self) -> None:
        """Up to the end of the last run: one that calls for another is not the last."""
        early = ForwardMsg.FINISHED_EARLY_FOR_RERUN
        while self.listen()[-1].script_finished == early:
            pass
        self.told.clear()

    def listen(self) -> list[ForwardMsg]:
        """Messages up to the end of the run; keeps the page as a browser would."""
        heard = super().listen()
        for message in heard:
            kind = message.WhichOneof("type")
            if kind == "navigation":
                self._place = message.navigation.page_script_hash
            if kind == "new_session" and not message.metadata.run.fragment_ids:
                self.page, self.watched = {}, None
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                self.page[tuple(message.metadata.delta_path)] = message.delta.new_element
                self.errors += _is_fault(message.delta.new_element)
            elif kind == "auto_rerun":
                self.watched = (message.auto_rerun.fragment_id, message.auto_rerun.interval)
            elif kind == "stop_auto_rerun":
                self.watched = None
        return heard


def _is_fault(element: Element) -> bool:
    kind = element.WhichOneof("type")
    return kind == "exception" or (kind == "alert" and "could not be drawn" in element.alert.body)
