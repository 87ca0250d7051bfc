"""A task of one's own: one file, three labels; and a run that is killed on its way."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from mhkd.analyser import Analyser
from mhkd.bundle import load_bundle
from mhkd.post import Post
from mhkd.training.run import train
from tests.tiny import build_tiny_bundle
from tests.training.test_run import write_data, write_recipe

ROOT = Path(__file__).resolve().parent.parent.parent
SAYINGS = {
    "none": "the walk today was good and calm",
    "mild": "i feel so so today",
    "severe": "so tired and alone i feel",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    build_tiny_bundle(folder)
    write_data(folder)
    write_recipe(folder, folder / "backbones")
    return folder


def test_one_file_with_three_ordinal_labels_becomes_a_bundle(folder):
    rows = [
        (f"p{i}", f"{text} {'so ' * (i % 4)}", label)
        for i in range(12)
        for label, text in SAYINGS.items()
        for i in [i * 3 + list(SAYINGS).index(label)]
    ]
    pd.DataFrame(rows, columns=["id", "text", "label"]).to_parquet(folder / "mine.parquet")
    content = yaml.safe_load((folder / "tiny.yaml").read_text())
    content |= {"name": "mine", "labels": list(SAYINGS), "ordered": True}
    content["label_sources"] = {label: label for label in SAYINGS}
    content["data"] = {"folder": str(folder), "train": "mine.parquet", "folds": 2}
    content["student"]["fit"]["class_weights"] = True
    (folder / "mine.yaml").write_text(yaml.safe_dump(content))
    bundle = train(folder / "mine.yaml", run_dir=folder / "mine", workers=1)
    manifest = load_bundle(bundle).manifest
    assert manifest.labels == tuple(SAYINGS)
    assert manifest.data["train"]["posts"] + manifest.data["test"]["posts"] == 36
    assert manifest.metrics["student"]["n"] == manifest.data["test"]["posts"]
    found = Analyser.open(bundle).analyse(Post(SAYINGS["mild"]), explain="words")
    assert set(found.predictions["student"].probabilities) == set(SAYINGS)


def start(folder, run):
    """The run in a process of its own, always with one thread: more add in another order."""
    code = f"from mhkd.cli import main; main(['train', {str(folder / 'tiny.yaml')!r}, "
    code += f"'--data-dir', {str(folder)!r}, '--run-dir', {str(run)!r}])"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, env=environment
    )


def stop_at(line, folder, run, stop):
    """Stops a run once it says ``line``; its exit status."""
    with start(folder, run) as process:
        for said in process.stderr:
            if said.startswith(line):
                stop(process)
                process.stderr.read()
                return process.wait(60)
    raise AssertionError(f"it never said '{line}'")


def kill(process):
    process.send_signal(signal.SIGKILL)


def end(process):
    process.send_signal(signal.SIGTERM)
    process.wait(10)


def take_memory(process):
    """Nothing more can be had than what the process holds now."""
    held = int(Path(f"/proc/{process.pid}/statm").read_text().split()[0]) * resource.getpagesize()
    resource.prlimit(process.pid, resource.RLIMIT_AS, (held, held))


def test_a_stopped_run_goes_on_and_gives_the_same_weights_and_metrics(folder):
    with start(folder, folder / "whole") as process:
        process.stderr.read()
    whole = load_bundle(folder / "whole" / "bundle")
    stops = (
        ("speech", kill), ("emotion-graph", kill), ("text-fold0", take_memory),
        ("audio-fold0", kill), ("student-", end), ("evaluation", kill),
    )  # fmt: skip
    for line, stop in stops:
        assert stop_at(line, folder, folder / "killed", stop) != 0, line
    with start(folder, folder / "killed") as process:
        said = process.stderr.read()
    assert "text-all: kept from an earlier run" in said
    resumed = load_bundle(folder / "killed" / "bundle").manifest
    assert resumed.files == whole.manifest.files
    assert resumed.metrics == whole.manifest.metrics


def test_two_processes_make_one_bundle(folder):
    run = folder / "two"
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
         "-m", "mhkd", "train", str(folder / "tiny.yaml"), "--data-dir", str(folder),
         "--run-dir", str(run)],
        cwd=ROOT, capture_output=True, text=True, timeout=600,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stderr.count("evaluation: the test split") == 1  # the first one speaks for both
    found = load_bundle(run / "bundle")
    assert found.manifest.metrics["student"]["n"] == 8
    said = []
    train(folder / "tiny.yaml", data_dir=folder, run_dir=run, workers=1, say=said.append)
    assert not [line for line in said if line.endswith(" …") and "evaluation" not in line]
