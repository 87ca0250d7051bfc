"""The server's settings, and rules that hold for all of the source."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from mhkd.limits import MAX_UPLOAD_BYTES
from tests.attack.visitor import ROOT

SETTINGS = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
_FILES = sorted([*(ROOT / "app").rglob("*.py"), *(ROOT / "mhkd").rglob("*.py")])
_HTML_FILE = ROOT / "app" / "escape.py"
_UNSAFE_LOADERS = ("pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "jsonpickle")


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("server", "address", "127.0.0.1"),
        ("server", "allowedHosts", ["127.0.0.1", "localhost", "::1"]),
        ("server", "maxUploadSize", MAX_UPLOAD_BYTES // 1024**2),
        ("server", "maxWidgetStateSize", 5),
        ("server", "maxCacheDataSize", "100mb"),
        ("server", "enableXsrfProtection", True),
        ("server", "enableCORS", True),
        ("server", "enableStaticServing", False),
        ("server", "enableAgentApi", False),
        ("server", "disconnectedSessionTTL", 120),
        ("server", "fileWatcherType", "none"),
        ("client", "showErrorDetails", "none"),
        ("client", "showErrorLinks", False),
        ("client", "toolbarMode", "minimal"),
        ("browser", "gatherUsageStats", False),
        ("logger", "hideWelcomeMessage", True),
        ("logger", "enableRich", False),
        ("runner", "magicEnabled", False),
        ("runner", "postScriptGC", False),
    ],
)
def test_settings_are_hardened(section: str, name: str, value: object) -> None:
    assert SETTINGS[section][name] == value


def _nodes(kind: type[ast.AST]) -> Iterator[tuple[Path, ast.AST]]:
    for file in _FILES:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, kind):
                yield file, node


def _called(node: ast.Call) -> str:
    return ast.unparse(node.func)


def test_every_uploader_lists_extensions() -> None:
    """A2: with ``type="audio"`` or a MIME type the server would not check the name."""
    calls = [
        node
        for _, node in _nodes(ast.Call)
        if isinstance(node, ast.Call) and _called(node).endswith("file_uploader")
    ]
    assert len(calls) >= 3
    for call in calls:
        [kinds] = [keyword.value for keyword in call.keywords if keyword.arg == "type"]
        told = ast.unparse(kinds)
        assert told.startswith(("list(", "[")), told
        assert "/" not in told and "audio" not in told


def test_html_is_written_in_one_file_only() -> None:
    """A16."""
    for file, node in _nodes(ast.Call):
        assert isinstance(node, ast.Call)
        if _called(node) in ("st.html", "st.components.v1.html"):
            assert file == _HTML_FILE
        for keyword in node.keywords:
            if keyword.arg in ("unsafe_allow_html", "unsafe_allow_javascript"):
                assert isinstance(keyword.value, ast.Constant) and keyword.value.value is False


def test_nothing_loads_code_with_data() -> None:
    """A23: no pickle in any guise, no remote code, torch.load for own runs only."""
    for file, node in _nodes(ast.Import):
        assert isinstance(node, ast.Import)
        assert not {alias.name.split(".")[0] for alias in node.names} & set(_UNSAFE_LOADERS), file
    for file, node in _nodes(ast.ImportFrom):
        assert isinstance(node, ast.ImportFrom)
        assert str(node.module).split(".")[0] not in _UNSAFE_LOADERS, file
    for file, node in _nodes(ast.Call):
        assert isinstance(node, ast.Call)
        options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        assert options.get("trust_remote_code", "False") == "False", file
        assert options.get("allow_pickle", "False") == "False", file
        assert _called(node) not in ("eval", "exec", "os.system", "yaml.load"), file
        assert options.get("shell", "False") == "False", file
        if _called(node) == "torch.load":
            assert options.get("weights_only") == "True", file
        if _called(node) == "joblib.load":
            assert file.is_relative_to(ROOT / "mhkd" / "training"), file


def test_no_cache_is_shared_over_posts() -> None:
    """A28: a cache of all sessions may hold no function that takes a post or a sound."""
    for file, node in _nodes(ast.FunctionDef):
        assert isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list:
            told = ast.unparse(decorator)
            if told.startswith(("st.cache", "lru_cache", "cache")) and "session" not in told:
                names = {argument.arg for argument in node.args.args}
                assert not names & {"post", "text", "sound", "recording", "case", "order"}, file
