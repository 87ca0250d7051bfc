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


def test_two_processes_have_the_losses_of_one_with_a_double_batch(tmp_path):
    build_tiny_bundle(tmp_path)
    backbone = tmp_path / "backbones" / "bert"
    config = json.loads((backbone / "config.json").read_text())
    config["hidden_dropout_prob"] = 0.0  # each process draws its own
    (backbone / "config.json").write_text(json.dumps(config))
    fit_student.fit(backbone, tmp_path, 8)
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
         "-m", "tests.training.fit_student", str(backbone), str(tmp_path), "4"],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    one, two = load_file(tmp_path / "8.safetensors"), load_file(tmp_path / "4.safetensors")
    assert len(one["losses"]) == 50
    assert two["losses"].tolist() == pytest.approx(one["losses"].tolist(), abs=1e-4)
    assert one["losses"][-1] < one["losses"][0]
    for name, weights in one.items():
        if name.endswith("key.bias"):  # without a gradient: Adam makes noise of rounding
            continue
        assert torch.allclose(weights, two[name], atol=1e-4), name


def test_alone_a_process_is_the_first_and_its_own_judge():
    assert count_processes() == 1
    assert is_first()
    assert agree(True)
    assert not agree(False)
