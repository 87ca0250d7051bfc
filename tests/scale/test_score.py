"""S1 to S4: posts through Ray Data, with workers and drivers that die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("mhkd.scale")  # before ray, which reads its settings when imported
pytest.importorskip("ray", reason="pip install -c constraints.txt '.[scale]'")

from mhkd.analyser import Analyser  # noqa: E402
from mhkd.batch.score import score_rows  # noqa: E402
from mhkd.errors import InputError  # noqa: E402
from mhkd.scale.score import Job, _leave_out, _stream, _write_part, read_ids, score  # noqa: E402
from tests.scale.conftest import ROOT, await_that, find_processes  # noqa: E402

pytestmark = pytest.mark.scale
MODELS = ("student", "emotion")


@pytest.fixture(scope="module")
def source(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five thousand posts, three of them poisoned."""
    file = tmp_path_factory.mktemp("posts") / "posts.parquet"
    poisoned: list[str | None] = [*texts, "", None, "x" * 30_000]
    pd.DataFrame({"id": np.arange(len(poisoned)), "text": poisoned}).to_parquet(file)
    return file


@pytest.fixture(scope="module")
def expected(bundle: Path, texts: list[str]) -> pd.DataFrame:
    ids = [str(row) for row in range(len(texts))]
    table = score_rows(Analyser.open(bundle, device="cpu"), ids, texts, MODELS)
    return table.to_pandas().set_index("id")


def _job(source: Path, out: Path, bundle: Path, **more: object) -> Job:
    settings = {"models": MODELS, "bytes_of_a_block": 16_384, **more}
    return Job(source, out, str(bundle), **settings)  # type: ignore[arg-type]


def _compare(out: Path, expected: pd.DataFrame) -> None:
    found = pd.read_parquet(sorted(out.glob("part-*.parquet"))).set_index("id")
    assert found.index.is_unique and len(found) == len(expected) + 3
    answered = found.loc[expected.index]
    assert answered["fault"].isna().all()
    for model in MODELS:
        assert (answered[f"{model}_label"] == expected[f"{model}_label"]).all()
        column = f"{model}_suicide"
        assert np.abs(answered[column] - expected[column]).max() < 1e-5
    poisoned = found.drop(expected.index)
    assert poisoned["fault"].notna().all() and poisoned["student_suicide"].isna().all()


def test_as_in_a_plain_loop_though_a_worker_dies(
    cluster: str, source: Path, expected: pd.DataFrame, bundle: Path, tmp_path: Path
) -> None:
    """S1, S2, S4: two workers, one of them killed after the first rows."""
    import ray

    killed: list[int] = []

    def kill(_: int) -> None:
        if not killed:
            killed.append(find_processes("MapBatches(Scorer)")[0])
            os.kill(killed[0], signal.SIGKILL)

    job = _job(source, tmp_path, bundle, workers=2)
    done = _stream(ray, job, read_ids(tmp_path), kill)
    assert killed and (done.resumed, done.answered, done.faults) == (0, 5_000, 3)
    _compare(tmp_path, expected)


def test_a_killed_run_goes_on_by_id(
    cluster: str, texts: list[str], expected: pd.DataFrame, bundle: Path, tmp_path: Path
) -> None:
    """S3, with one worker."""
    rows, source, out = 3_000, tmp_path / "posts.parquet", tmp_path / "out"
    many = [texts[row % len(texts)] for row in range(rows)]
    pd.DataFrame({"id": np.arange(rows), "text": many}).to_parquet(source)
    command = [sys.executable, "-m", "mhkd.scale", "score", str(source), "--out", str(out)]
    command += ["--bundle", str(bundle), "--models", "student", "--address", cluster]
    command += ["--part-rows", "64", "--block-bytes", "4096"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    driver = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE)
    await_that(lambda: list(out.glob("part-*.parquet")) or driver.poll() is not None)
    assert driver.poll() is None, driver.stderr.read().decode()
    driver.kill()
    driver.communicate()
    before = len(read_ids(out))
    assert 0 < before < rows
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert f"{rows - before:,} answered, 0 not, {before:,} by earlier runs" in done.stdout
    found = pd.read_parquet(sorted(out.glob("part-*.parquet")))
    places = found["id"].astype(int)
    assert sorted(places) == list(range(rows))
    alone = expected["student_suicide"].to_numpy()[places % len(texts)]
    assert np.abs(found["student_suicide"].to_numpy() - alone).max() < 1e-5


def test_what_stands_in_a_part_is_left_out(tmp_path: Path) -> None:
    import pyarrow as pa

    waiting = [pa.table({"id": ["b", "d"], "fault": pa.nulls(2, pa.string())})]
    _write_part(tmp_path, waiting)
    assert not waiting and [file.name for file in tmp_path.iterdir()] == ["part-000000.parquet"]
    posts = pa.table({"id": ["a", "b", "c", "d", "e"], "text": list("vwxyz")})
    job = Job(tmp_path, tmp_path)
    left = _leave_out(posts, job, read_ids(tmp_path))
    assert left["id"].to_pylist() == ["a", "c", "e"]
    assert _leave_out(posts, job, np.empty(0, np.str_)) is posts


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"id": [1, 1], "text": ["a", "b"]}, "repeated"),
        ({"id": [1, None], "text": ["a", "b"]}, "empty"),
        ({"id": [1, 2], "body": ["a", "b"]}, "no column 'text'"),
    ],
)
def test_a_source_that_cannot_be_resumed_is_refused(
    columns: dict[str, list[object]], told: str, tmp_path: Path
) -> None:
    file = tmp_path / "posts.parquet"
    pd.DataFrame(columns).to_parquet(file)
    with pytest.raises(InputError, match=told):
        score(Job(file, tmp_path / "out"))
