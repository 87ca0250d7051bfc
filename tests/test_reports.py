"""What is put into a finished bundle: all of it or nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mhkd.bundle import MANIFEST, hash_file, load_bundle
from mhkd.errors import BundleError
from mhkd.reports import put_into_bundle, put_section
from tests.tiny import build_tiny_bundle

CARD = "# Card\n\n## Data\n\nSome.\n\n## Limits\n\n- One.\n"


def test_files_are_listed_and_the_rest_is_kept(tmp_path: Path) -> None:
    folder = build_tiny_bundle(tmp_path)
    before = json.loads((folder / MANIFEST).read_text("utf-8"))
    put_into_bundle(folder, {"reports/a.json": "{}\n", "b.txt": "é\n"})
    after = json.loads((folder / MANIFEST).read_text("utf-8"))
    added = {name: hash_file(folder / name) for name in ("reports/a.json", "b.txt")}
    assert after == {**before, "files": {**before["files"], **added}}
    load_bundle(folder)
    assert not list(folder.rglob("*.part"))


def test_what_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    folder = build_tiny_bundle(tmp_path)
    (folder / "reports").write_text("a file where a folder should be", "utf-8")
    before = (folder / MANIFEST).read_bytes()
    with pytest.raises(BundleError, match="can't be written"):
        put_into_bundle(folder, {"b.txt": "b", "reports/a.json": "{}"})
    assert (folder / MANIFEST).read_bytes() == before
    assert not (folder / "b.txt").exists()
    assert not list(folder.rglob("*.part"))


def test_a_section_stands_before_the_limits_and_replaces_itself() -> None:
    once = put_section(CARD, "## New\n\nA \\1 line.\n")
    assert once == "# Card\n\n## Data\n\nSome.\n\n## New\n\nA \\1 line.\n\n## Limits\n\n- One.\n"
    again = put_section(once, "## New\n\nAnother.\n")
    assert again == CARD.replace("## Limits", "## New\n\nAnother.\n\n## Limits")
    assert put_section(CARD, "## Limits\n\n- Two.\n") == CARD.replace("One", "Two")
    assert put_section("# Card\n", "## New\n\nLine.\n") == "# Card\n\n## New\n\nLine.\n"
