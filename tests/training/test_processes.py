"""Two processes learn what one learns from batches twice as large."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mhkd.training.processes import agree, count_processes, is_first
from tests.tiny import build_tiny_bundle
from tests.training import fit_student

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("together")
    build_tiny_bundle(folder)
    backbone = folder / "backbones" / "bert"
    config = json.loads((backbone / "config.json").read_text())
    config["hidden_dropout_prob"] = 0.0  # each process draws its own
    (backbone / "config.json").write_text(json.dumps(config))
    return backbone


@pytest.fixture(scope="module")
def one(backbone, tmp_path_factory):
    """What one process learns from batches of eight."""
    folder = tmp_path_factory.mktemp("one")
    fit_student.fit(backbone, folder, 8)
    return load_file(folder / "8.safetensors")


def fit_by_two(backbone, folder, *options, **environment):
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
         *options, "-m", "tests.training.fit_student", str(backbone), str(folder), "4"],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return load_file(folder / "4.safetensors")


def test_two_processes_have_the_losses_of_one_with_a_double_batch(backbone, one, tmp_path):
    two = fit_by_two(backbone, tmp_path)
    assert len(one["losses"]) == 50
    assert two["losses"].tolist() == pytest.approx(one["losses"].tolist(), abs=1e-4)
    assert one["losses"][-1] < one["losses"][0]
    for name, weights in one.items():
        if name.endswith("key.bias"):  # without a gradient: Adam makes noise of rounding
            continue
        assert torch.allclose(weights, two[name], atol=1e-4), name


def test_a_killed_process_is_started_again_and_learns_the_same(backbone, one, tmp_path):
    mark = tmp_path / "died"
    two = fit_by_two(backbone, tmp_path, "--max-restarts", "1", DIE_ONCE=str(mark))
    assert mark.exists()
    assert two["losses"].tolist() == pytest.approx(one["losses"].tolist(), abs=1e-4)


def test_alone_a_process_is_the_first_and_its_own_judge():
    assert count_processes() == 1
    assert is_first()
    assert agree(True)
    assert not agree(False)
