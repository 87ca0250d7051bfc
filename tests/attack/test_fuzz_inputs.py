"""Made-up text, JSON, CSV, recipes and manifests: an answer or a refusal, never a crash."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.escape import colour_words, mark_text
from mhkd.analysis import WordScore
from mhkd.audio.header import read_header
from mhkd.batch.posts import Columns, check_posts, guess_columns
from mhkd.batch.table import read_table
from mhkd.bundle import load_bundle
from mhkd.cases.audit import verify_log
from mhkd.cases.backup import restore
from mhkd.cases.place import connect, find_url
from mhkd.errors import AudioError, BundleError, CaseError, InputError, MhkdError, RecipeError
from mhkd.text.deidentify import deidentify
from mhkd.text.normalise import replace_unreadable, split_for_voice
from mhkd.text.quality import check_text, judge_text
from mhkd.training.data import read_posts_file
from mhkd.training.recipe import load_recipe
from tests.tiny import LABELS, build_tiny_bundle

ROOT = Path(__file__).resolve().parents[2]
_QUICK = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates, NUL, bidi and all
_NASTY = st.sampled_from(
    (
        "\u200b",
        "\u202e",
        "e" + "\u0301" * 50,
        "\0",
        "\ud800",
        "раураl",
        "=1+1",
        "<img src=x>",
        "\r\n",
    )
)
HOSTILE = st.lists(st.one_of(ANY_TEXT, _NASTY), max_size=8).map("".join)
_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | HOSTILE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(HOSTILE, inner, max_size=4),
    max_leaves=12,
)
_BYTES = st.one_of(
    st.binary(max_size=400), HOSTILE.map(lambda t: t.encode("utf-8", "surrogatepass"))
)


@_QUICK
@given(HOSTILE)
def test_a_text_is_read_or_refused(text: str) -> None:
    """A15."""
    readable = replace_unreadable(text)
    assert len(readable) == len(text)
    readable.encode("utf-8")
    judge_text(text)
    split_for_voice(text, max_words=50, chunk_words=9)
    found = deidentify(text)
    assert all(text[mark.start : mark.end] for mark in found.marks)
    try:
        check_text(text)
    except InputError as refusal:
        assert len(refusal.public_message) > 20


@_QUICK
@given(HOSTILE, st.data())
def test_pieces_join_back_to_the_text_and_nothing_is_markup(text: str, data: st.DataObject) -> None:
    """A15, A16."""
    places = sorted(
        data.draw(st.lists(st.integers(0, len(text)), max_size=6, unique=True)), key=int
    )
    pairs = list(zip(places[::2], places[1::2], strict=False))
    words = [WordScore(text[a:b], a, b, 0.5) for a, b in pairs]
    for html in (
        colour_words(text, words, text, {text[a:b]: text for a, b in pairs}),
        mark_text(text, [(text, a, b) for a, b in pairs]),
    ):
        html.encode("utf-8", "surrogatepass")
        tags = [part.split(">", 1)[0] for part in html.split("<")[1:]]
        assert {tag.split()[0] for tag in tags} <= {"div", "/div", "span", "/span", "mark", "/mark"}


@_QUICK
@given(_BYTES)
def test_bytes_have_a_header_or_are_refused(data: bytes) -> None:
    """A1."""
    try:
        read_header(data)
    except AudioError as refusal:
        assert "Expected" in refusal.public_message or len(refusal.public_message) > 20


@_QUICK
@given(st.sampled_from(["a.csv", "a.tsv", "a.jsonl", "a.parquet", "a.exe", ""]), _BYTES)
def test_any_file_of_posts_is_read_or_refused(name: str, content: bytes) -> None:
    """A26."""
    _read_posts(name, content)


@_QUICK
@given(st.lists(st.lists(HOSTILE, min_size=1, max_size=4), min_size=1, max_size=5))
def test_ragged_csv_is_read_row_by_row(rows: list[list[str]]) -> None:
    """A26."""
    content = "\n".join(",".join(row) for row in rows).encode("utf-8", "surrogatepass")
    _read_posts("posts.csv", content)


@_QUICK
@given(st.lists(_JSON, min_size=1, max_size=4))
def test_any_json_lines_are_read_or_refused(values: list[object]) -> None:
    content = "\n".join(json.dumps(value) for value in values).encode("utf-8", "surrogatepass")
    _read_posts("posts.jsonl", content)


def test_json_as_deep_as_a_well_is_refused() -> None:
    with pytest.raises(InputError):
        read_table("posts.jsonl", b"[" * 200_000)


def _read_posts(name: str, content: bytes) -> None:
    try:
        table = read_table(name, content)
        columns = guess_columns(table)
        posts = check_posts(table, Columns(columns.text, columns.id, columns.label), LABELS)
    except InputError as refusal:
        assert len(refusal.public_message) > 20
        return
    assert len(posts) == len(table) > 0
    for text in posts.texts:
        assert isinstance(text, str)


@_QUICK
@given(_BYTES)
def test_any_training_file_is_read_or_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "train.csv"
    file.write_bytes(content)
    with contextlib.suppress(RecipeError):
        read_posts_file(file, ("id", "text", "label"))


_RECIPE = yaml.safe_load((ROOT / "mhkd/recipes/embedded/sdcnl.yaml").read_text("utf-8"))


@_QUICK
@given(st.one_of(_BYTES, _JSON.map(lambda value: yaml.safe_dump(value).encode("utf-8"))))
def test_any_recipe_is_read_or_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "recipe.yaml"
    file.write_bytes(content)
    _open_recipe(file)


@_QUICK
@given(st.data())
def test_a_recipe_with_one_field_changed_is_read_or_refused(
    tmp_path: Path, data: st.DataObject
) -> None:
    file = tmp_path / "recipe.yaml"
    file.write_text(json.dumps(_change(_RECIPE, data)), "utf-8", "surrogatepass")
    _open_recipe(file)


@pytest.mark.parametrize(
    "content", ["a: &a [*a]", "!!python/object/apply:os.system ['touch canary']", "[" * 5_000]
)
def test_a_recipe_runs_no_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipe.yaml").write_text(content, "utf-8")
    with pytest.raises(RecipeError):
        load_recipe(tmp_path / "recipe.yaml")
    assert not (tmp_path / "canary").exists()


def _open_recipe(file: Path) -> None:
    try:
        load_recipe(file)
    except RecipeError as refusal:
        assert str(file) in refusal.public_message


def _change(record: dict[str, object], data: st.DataObject) -> dict[str, object]:
    """One field, at any depth, replaced by anything that JSON can hold."""
    name = data.draw(st.sampled_from(sorted(record)))
    value = record[name]
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        return record | {name: _change(value, data)}
    return record | {name: data.draw(_JSON)}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_bundle(tmp_path_factory.mktemp("fuzzed"))


@_QUICK
@given(st.data())
def test_a_manifest_with_one_field_changed_opens_or_is_refused(
    bundle: Path, data: st.DataObject
) -> None:
    """A24."""
    file = bundle / "bundle.json"
    whole = file.read_text("utf-8")
    try:
        file.write_text(json.dumps(_change(json.loads(whole), data)), "utf-8", "surrogatepass")
        load_bundle(bundle)
    except BundleError as refusal:
        assert len(refusal.public_message) > 20
    finally:
        file.write_text(whole, "utf-8")


@_QUICK
@given(_BYTES)
def test_any_manifest_opens_or_is_refused(bundle: Path, content: bytes) -> None:
    file = bundle / "bundle.json"
    whole = file.read_bytes()
    try:
        file.write_bytes(content)
        with pytest.raises(BundleError):
            load_bundle(bundle)
    finally:
        file.write_bytes(whole)


@_QUICK
@given(_BYTES)
def test_any_audit_log_is_whole_or_not(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "audit.jsonl"
    file.write_bytes(content)
    try:
        verify_log(file)
    except CaseError as refusal:
        assert len(refusal.public_message) > 10


@_QUICK
@given(_BYTES)
def test_any_backup_is_restored_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setenv("MHKD_CASES_URL", f"sqlite:///{tmp_path}/cases.sqlite")
    with pytest.raises(MhkdError):
        restore(connect(find_url()), content)
