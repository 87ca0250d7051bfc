"""The tests. ``mhkd`` is imported first: it mends torchaudio before transformers needs it."""

import mhkd  # noqa: F401
