"""The one kind of error that a user sees.

Every fault that a caller can mend is raised as a child of ``MhkdError``. Its
``public_message`` says what was expected, what was found and what to do, and
never quotes the post.
"""

from __future__ import annotations


class MhkdError(Exception):
    """A fault that may be shown to the user as it stands."""

    code = "error"

    def __init__(self, public_message: str, *, code: str | None = None) -> None:
        super().__init__(public_message)
        self.public_message = public_message
        if code is not None:
            self.code = code


class InputError(MhkdError):
    """The post, a file of posts or an option can't be used as given."""

    code = "input"


class AudioError(MhkdError):
    """The recording can't be decoded or lies outside the limits."""

    code = "audio"


class BundleError(MhkdError):
    """A bundle or backbone is missing, damaged or does not fit this version."""

    code = "bundle"


class RecipeError(MhkdError):
    """A recipe or its data can't be used for training."""

    code = "recipe"


class VoiceError(MhkdError):
    """A synthetic voice is not installed or is not the pinned one."""

    code = "voice"


class TranscriberError(MhkdError):
    """What writes recordings down is not installed, or its model can't be used."""

    code = "transcriber"


class CaseError(MhkdError):
    """A kept case, its database or the audit log can't be used."""

    code = "case"


class Cancelled(MhkdError):
    """The caller asked to stop; nothing was kept."""

    code = "cancelled"

    def __init__(self) -> None:
        super().__init__("Stopped. Nothing was kept from the unfinished analysis.")
