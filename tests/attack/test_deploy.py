"""The files for a server: what they promise can be read off them."""

from __future__ import annotations

import json
import os
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


# In place of Python: makes an environment whose programs say what the test wants to hear.
_STAND_IN = r"""#!/usr/bin/env bash
[ "$1 $2" = "-m venv" ] || exit 3
mkdir -p "$3/bin"
cat >"$3/bin/python" <<'END'
#!/usr/bin/env bash
case "$*" in
  *importlib.metadata*) echo "$VERSIONS" ;;
  *json.loads*) echo "sleep 60" ;;
  *"pip"*"wheel"*) touch "${@: -2:1}/mhkd-0-py3-none-any.whl" ;;
  -) cat >/dev/null; echo "asked about a post" ;;
esac
END
cat >"$3/bin/mhkd" <<'END'
#!/usr/bin/env bash
if [ "$1" = doctor ]; then echo "ok  torchaudio: 2.11.0+cu130, $STATE"; fi
END
cat >"$3/bin/curl" <<'END'
#!/usr/bin/env bash
case "$*" in
  *"Origin: http://clinic.example"*) printf %s "$RIGHT"; exit 28 ;;
  *"Origin: "*) printf %s "$OTHER" ;;
esac
END
printf '#!/bin/sh\n' >"$3/bin/pip"
chmod +x "$3"/bin/*
"""


def _check(script: str, folder: Path, **heard: str) -> subprocess.CompletedProcess[str]:
    """Runs a script over programs that only pretend."""
    python = folder / "python"
    python.write_text(_STAND_IN, "utf-8")
    python.chmod(0o755)
    return subprocess.run(
        ["bash", str(_DEPLOY / script)], env={**os.environ, "PYTHON": str(python), **heard},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("versions", "state", "ok"),
    [
        ("2.13.0+cpu 2.11.0+cu130", "native parts set aside", True),
        ("2.13.0+cpu 2.11.0+cu130", "whole", False),
        ("2.13.0+cpu 2.11.0+cpu", "whole", True),
        ("2.13.0+cpu 2.11.0+cpu", "native parts set aside", False),
        ("2.13.0 2.11.0", "whole", True),
        ("2.13.0 2.11.0", "not usable", False),
    ],
)
def test_the_wheel_check_knows_which_torchaudio_is_right(
    tmp_path: Path, versions: str, state: str, ok: bool
) -> None:
    done = _check("check_wheel.sh", tmp_path, VERSIONS=versions, STATE=state)
    assert (done.returncode == 0) == ok, done.stderr
    assert ("asked about a post" in done.stdout) == ok


@pytest.mark.parametrize(
    ("right", "other", "ok"), [("101", "403", True), ("403", "403", False), ("101", "101", False)]
)
def test_the_image_check_knows_who_may_open_a_session(
    tmp_path: Path, right: str, other: str, ok: bool
) -> None:
    done = _check("check_image.sh", tmp_path, RIGHT=right, OTHER=other)
    assert (done.returncode == 0) == ok, done.stderr
    assert f"session as clinic.example: {right}" in done.stdout


def test_no_text_asks_an_index_for_this_package() -> None:
    """The name mhkd on a public index would be somebody else's."""
    files = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *_DEPLOY.iterdir()]
    files += [*(ROOT / "app").rglob("*.py"), *(ROOT / "mhkd").rglob("*.py")]
    asking = re.compile(r"pip install[^\n]*['\" ]mhkd(\[|['\" \n])")
    assert not [file.name for file in files if asking.search(file.read_text("utf-8"))]
    assert asking.search("pip install -c constraints.txt 'mhkd[scale]'")


def test_postgresql_is_installed_before_it_is_asked_for() -> None:
    told = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    [block] = [part for part in told.split("```") if "MHKD_CASES_URL=postgresql://" in part]
    assert (
        0 < block.find("pip install -c constraints.txt -e '.[postgres") < block.find("MHKD_CASES")
    )
    assert "make run" not in block, "it installs no extra"
