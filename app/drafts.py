"""What is typed outlives a reload: in this process's memory, and for the tab that typed it alone.

A browser writes what a page stores to its disk, also what is meant for one tab. So the tab
stores a random key and nothing else; the text stays here, and goes with its session.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal
from weakref import WeakValueDictionary

from mhkd.limits import DRAFT_KEPT_S

_KEY: Final = re.compile(r"[0-9a-f]{32}")

Meeting = Literal["settled", "taken", "wait", "spent"]


@dataclass(eq=False)
class Draft:
    """The post field of one session.

    Attributes:
        session: its id.
        reader: the pseudonym of who signed in; None where there is no sign-in.
        text: what was typed last.
        sent: what the field itself reported last.
        blurred: it was not to be read on the screen.
        tab: the key of the tab it is shown in; None until the tab has told it.
        spent: a key that another open tab has as well; this tab takes another.
        waiting_since_s: when the other session with this key was first found still connected.
    """

    session: str
    reader: str | None = None
    text: str = ""
    sent: str = ""
    blurred: bool = False
    tab: str | None = None
    spent: str | None = None
    waiting_since_s: float | None = None

    def note(self, text: str, *, blurred: bool) -> None:
        """Notes what the field holds, unless more has been typed since it reported the same."""
        self.blurred = blurred
        if text != self.sent:
            self.text = self.sent = text

    def forget(self) -> None:
        """Forgets the text."""
        self.text = self.sent = ""


def leave(draft: Draft, kept_s: float = DRAFT_KEPT_S) -> None:
    """The browser of its session is gone: the text is forgotten unless it comes back soon.

    Args:
        draft: of that session.
        kept_s: seconds until then.
    """
    if draft.text:
        forgetting = threading.Timer(kept_s, draft.forget)
        forgetting.daemon = True
        forgetting.start()


def is_key(told: object) -> bool:
    """Whether this is a key as a tab makes them: 128 random bits."""
    return isinstance(told, str) and _KEY.fullmatch(told) is not None


class Drafts:
    """The drafts of all sessions, by the keys of their tabs; it keeps none of them alive.

    Args:
        is_there: whether the browser of a session is connected.
    """

    def __init__(self, is_there: Callable[[str], bool]) -> None:
        self._is_there = is_there
        self._by_tab: WeakValueDictionary[str, Draft] = WeakValueDictionary()
        self._lock = threading.Lock()

    def meet(self, tab: str, mine: Draft) -> Meeting:
        """A session learns the key of its tab.

        Returns:
            ``settled``: nothing lies under the key but, from now on, ``mine``. ``taken``: the
            draft of a session that is gone has become ``mine``. ``wait``: that session is still
            connected: a tab that was duplicated, or a connection whose loss was not noticed yet.
            ``spent``: the draft is another reader's.
        """
        with self._lock:
            other = self._by_tab.get(tab)
            if other is not None and other.session != mine.session:
                if other.reader != mine.reader:
                    return "spent"
                if self._is_there(other.session):
                    return "wait"
            self._by_tab[tab], mine.tab = mine, tab
            if other is None or other is mine or not other.text:
                return "settled"
            mine.text, mine.sent, mine.blurred = other.text, "", other.blurred
            other.forget()
            return "taken"
