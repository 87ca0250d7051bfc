"""Beyond one process: Ray over the functions that everybody else uses. Needs the extra ``scale``.

Nothing else in mhkd imports this package.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Final

from mhkd.errors import MhkdError

SETTINGS: Final = {
    "RAY_AUTH_MODE": "token",  # who reaches Ray's ports runs code; a token stands before that
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
}
for _name, _value in SETTINGS.items():  # here, since ray reads them when it is imported
    os.environ.setdefault(_name, _value)


def require_ray() -> None:
    """Says how to install Ray where it is missing.

    Raises:
        MhkdError: it is missing.
    """
    if find_spec("ray") is None:
        raise MhkdError(
            "Ray is not installed. Expected the extra, in a checkout: "
            "pip install -c constraints.txt -e '.[scale]'."
        )
