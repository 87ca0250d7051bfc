"""Asks the Python advisory database about every version in ``constraints.txt``: ``make audit``.

Ends with 0 if nothing is known, 1 if something is, and 2 if nobody answered.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_CONSTRAINTS = Path(__file__).resolve().parents[1] / "constraints.txt"


def main() -> int:
    """Runs pip-audit and says what came of it."""
    command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--format", "json"]
    found = subprocess.run(
        [*command, "--progress-spinner", "off", "--timeout", "15", "-r", str(_CONSTRAINTS)],
        capture_output=True,
        check=False,
        text=True,
    )
    try:
        packages = json.loads(found.stdout)["dependencies"]
    except ValueError:
        last = (found.stderr.strip().splitlines() or ["no message"])[-1]
        sys.stdout.write(f"Not audited: the advisory database could not be asked ({last[:200]}).\n")
        return 2
    return _tell(packages)


def _tell(packages: list[dict[str, object]]) -> int:
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    known = [package for package in packages if package.get("vulns")]
    for package in known:
        for advisory in package["vulns"]:  # type: ignore[attr-defined]
            mended = ", ".join(advisory["fix_versions"]) or "none yet"
            sys.stdout.write(
                f"{package['name']} {package['version']}: {advisory['id']}, mended in {mended}\n"
            )
    asked = len(packages) - len(unknown)
    if asked == 0:
        sys.stdout.write("Not audited: the advisory database answered for no package.\n")
        return 2
    sys.stdout.write(f"{asked} versions asked about, {len(known)} with advisories.\n")
    if unknown:
        sys.stdout.write(f"Not known to the database: {', '.join(map(str, unknown))}.\n")
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main())
