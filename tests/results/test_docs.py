"""What README and docs/results.md cite is what the bundles say."""

from pathlib import Path

import pytest

from mhkd.bundle import load_bundle
from mhkd.metrics import say_error
from mhkd.results.levers import tell_levers

ROOT = Path(__file__).resolve().parents[2]


def test_tables_of_what_was_compared_are_the_commands():
    made = {
        line
        for name in ("sdcnl", "idendep")
        for line in tell_levers(load_bundle(name).manifest).splitlines()
    }
    of_the_command, cited = False, []
    for line in (ROOT / "docs" / "results.md").read_text("utf-8").splitlines():
        of_the_command = line.startswith("| compared |") or (
            of_the_command and line.startswith("|")
        )
        cited += [line] if of_the_command else []
    assert len(cited) > 40
    assert [line for line in cited if line not in made] == []


@pytest.mark.parametrize("name", ["sdcnl", "idendep"])
def test_readme_has_every_ece_beside_its_limit(name):
    bundle = load_bundle(name)
    told = (ROOT / "README.md").read_text("utf-8")
    for model, found in bundle.manifest.metrics.items():
        if "ece" in found:
            assert f"| {say_error(found)} |" in told, model
    for model in ("teachers", "student", "student_large") if bundle.crossval_report else ():
        assert f"| {say_error(bundle.crossval_report['metrics'][model])} |" in told, model
