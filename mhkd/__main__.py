"""``python -m mhkd`` is ``mhkd``."""

import sys

from mhkd.cli import main

sys.exit(main())
