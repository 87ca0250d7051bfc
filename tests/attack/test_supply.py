"""Every package that an installation pulls in is pinned, and the pins are what runs here."""

from __future__ import annotations

import importlib.metadata
import re
import sysconfig
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.audit import list_compiled
from tests.attack.visitor import ROOT

_EXTRAS = ("train", "login", "postgres", "test")
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def _read_pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    assert all(len(pin) == 2 for pin in pins)
    return {canonicalize_name(name): version for name, version in pins}


def _required() -> set[str]:
    """Names of all that the project and its extras need here, and what these need in turn."""
    wanted = list(_PROJECT["dependencies"])
    for extra in _EXTRAS:
        wanted += _PROJECT["optional-dependencies"][extra]
    left, seen = [Requirement(line) for line in wanted], set()
    while left:
        requirement = left.pop()
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key in seen:
            continue
        seen.add(key)
        for line in _needs_of(requirement.name):
            inner = Requirement(line)
            extras = requirement.extras or {""}
            if inner.marker is None or any(inner.marker.evaluate({"extra": e}) for e in extras):
                left.append(inner)
    return {name for name, _ in seen}


def _needs_of(name: str) -> list[str]:
    try:
        return importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:  # of an extra that is not installed here
        return []


def _installed(name: str) -> str | None:
    """Its version; +cpu is a build and left out. None where it is not installed."""
    try:
        return importlib.metadata.version(name).split("+")[0]
    except importlib.metadata.PackageNotFoundError:
        return None


def test_everything_is_pinned_to_the_version_that_the_tests_run_with() -> None:
    pins = _read_pins()
    required = {name for name in _required() if not name.startswith(("nvidia-", "cuda-", "triton"))}
    assert not sorted(required - set(pins))
    found = {name: version for name in required if (version := _installed(name)) is not None}
    assert len(found) > 50
    assert found == {name: pins[name] for name in found}


def test_pins_are_within_what_the_project_asks_for() -> None:
    pins = _read_pins()
    for line in _PROJECT["dependencies"]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), line


def test_every_dependency_says_what_it_is_for() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    block = text.split("dependencies = [", 1)[1].split("[project.scripts]", 1)[0]
    lines = [line for line in block.splitlines() if line.strip().startswith('"')]
    assert len(lines) > 30
    assert [line for line in lines if not re.search(r'",\s+# \S', line)] == []


def test_security_names_every_package_with_compiled_parts() -> None:
    text = (ROOT / "SECURITY.md").read_text("utf-8")
    told = text.split("## Native parts", 1)[1].split("\n## ", 1)[0]
    named = {canonicalize_name(name) for name in re.findall(r"`([^`]+)`", told)}
    found = set(list_compiled([Path(sysconfig.get_path("platlib"))])) & set(_read_pins())
    assert {"torch", "soundfile", "av", "numpy"} <= found
    assert "streamlit" not in found and "typer" not in found
    assert found - named == set()
