"""The files for a server: what they promise can be read off them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.attack.visitor import ROOT

_DEPLOY = ROOT / "deploy"


def _read_dockerfile() -> list[tuple[str, str]]:
    text = (_DEPLOY / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines]


@pytest.fixture
def services() -> dict[str, Any]:
    return dict(yaml.safe_load((_DEPLOY / "compose.yaml").read_text("utf-8"))["services"])


def test_the_image_runs_as_nobody_of_note_and_copies_what_there_is() -> None:
    steps = _read_dockerfile()
    words = [word for word, _ in steps]
    assert words[0] == "FROM" and words[-1] == "CMD"
    assert dict(steps)["USER"] == "10001"
    assert words.index("USER") > max(n for n, word in enumerate(words) if word in ("RUN", "COPY"))
    for word, rest in steps:
        if word == "COPY":
            *sources, target = rest.split()
            assert target.startswith("./")
            assert all((ROOT / source).exists() for source in sources)
    assert json.loads(dict(steps)["CMD"])[:3] == ["streamlit", "run", "app/main.py"]


def test_what_the_image_copies_is_not_ignored() -> None:
    kept = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    }
    copied = {s for w, rest in _read_dockerfile() if w == "COPY" for s in rest.split()[:-1]}
    assert {name.split("/")[0] for name in kept} == copied
    assert ".streamlit/config.toml" in kept, "secrets stay out of the image"


def test_only_the_proxy_is_reached_and_nothing_else_has_a_way_out(services: Any) -> None:
    assert {name for name, service in services.items() if "ports" in service} == {"proxy"}
    assert services["app"]["networks"] == services["db"]["networks"] == ["inside"]
    networks = yaml.safe_load((_DEPLOY / "compose.yaml").read_text("utf-8"))["networks"]
    assert networks["inside"] == {"internal": True}
    assert services["app"]["read_only"] is True
    assert services["app"]["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in services["app"]["security_opt"]


def test_no_password_stands_in_the_files(services: Any) -> None:
    given = {**services["app"]["environment"], **services["db"]["environment"]}
    assert "${MHKD_DB_PASSWORD:?" in given["MHKD_CASES_URL"]
    assert given["POSTGRES_PASSWORD"] == "${MHKD_DB_PASSWORD}"
    assert given["STREAMLIT_SERVER_ALLOWED_HOSTS"].startswith("${MHKD_HOST:?")


def test_the_proxy_bounds_bodies_and_hides_metrics() -> None:
    told = (_DEPLOY / "Caddyfile").read_text("utf-8")
    assert told.count("{") == told.count("}")
    size = re.search(r"max_size (\d+)MB", told)
    assert size is not None and 25 < int(size[1]) <= 32
    assert "/_stcore/metrics" in told


def test_the_images_and_scripts_pass_their_linters() -> None:
    for script in _DEPLOY.glob("*.sh"):
        subprocess.run(["bash", "-n", str(script)], check=True)
    if sys.platform != "linux":
        pytest.skip("hadolint is installed on Linux only")
    linter = shutil.which("hadolint", path=Path(sys.executable).parent)
    assert linter is not None, "pip install -c constraints.txt '.[test]'"
    subprocess.run([linter, str(_DEPLOY / "Dockerfile")], check=True)
