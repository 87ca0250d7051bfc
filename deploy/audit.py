"""Asks the Python advisory database about every version in ``constraints.txt``: ``make audit``.

Ends with 0 if nothing is known, 1 if something is, and 2 if nobody answered. First it lists the
packages of the app's environment that hold compiled parts: what lies inside them no database
of Python packages knows.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_CONSTRAINTS = _ROOT / "constraints.txt"
_COMPILED = re.compile(r"\.(so|pyd|dylib|dll|exe)(\.[0-9.]+)?$")


def list_compiled(folders: Iterable[Path]) -> dict[str, str]:
    """Name → version of the packages in ``site-packages`` folders that hold compiled parts."""
    found = {}
    for package in importlib.metadata.distributions(path=[str(folder) for folder in folders]):
        if any(_is_compiled(file) for file in package.files or []):
            found[re.sub(r"[-_.]+", "-", package.name).lower()] = package.version
    return dict(sorted(found.items()))


def _is_compiled(file: importlib.metadata.PackagePath) -> bool:
    if _COMPILED.search(file.name):
        return True
    there = Path(str(file.locate()))
    if file.suffix or not there.is_file():
        return False
    with there.open("rb") as stream:  # a program has no ending
        return stream.read(4) in (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")


def main() -> int:
    """Lists compiled parts, runs pip-audit and says what came of it."""
    folders = [
        *_ROOT.glob(".venv/lib/python*/site-packages"),
        *_ROOT.glob(".venv/Lib/site-packages"),
    ]
    compiled = list_compiled(folders)
    told = ", ".join(" ".join(pair) for pair in compiled.items()) or "none: .venv is not there"
    sys.stdout.write(f"With compiled parts (see SECURITY.md): {told}.\n")
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
