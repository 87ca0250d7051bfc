"""On a GPU the answers are those of the CPU. Skipped where there is no GPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from mhkd.analyser import Analyser
from mhkd.analysis import MODELS, Analysis
from mhkd.post import Post
from mhkd.training.fit import Targets, cross_entropy, fit_classifier
from mhkd.training.recipe import FitRecipe
from tests.analysed import LONG, TEXT
from tests.tiny import tone

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")

POST = Post(f"{TEXT} Nobody asked how I was, and I did not say.", tone(12.0))


@pytest.fixture(scope="module", params=["tiny", "sdcnl"])
def both(request: pytest.FixtureRequest, folder: Path) -> tuple[Analyser, Analyser]:
    name = folder if request.param == "tiny" else request.param
    return Analyser.open(name, device="cpu"), Analyser.open(name, device="cuda")


@pytest.fixture(scope="module")
def found(both: tuple[Analyser, Analyser]) -> tuple[Analysis, Analysis]:
    on_cpu, on_gpu = (analyser.analyse(POST) for analyser in both)
    return on_cpu, on_gpu


def test_no_device_named_is_the_gpu(folder: Path) -> None:
    assert Analyser.open(folder).device.startswith("cuda")


def test_every_model_answers_alike(found: tuple[Analysis, Analysis]) -> None:
    on_cpu, on_gpu = found
    for name in MODELS:
        expected, answer = on_cpu.predictions[name], on_gpu.predictions[name]
        assert expected is not None and answer is not None
        assert answer.probabilities == pytest.approx(expected.probabilities, abs=1e-3)
    assert [f.code for f in on_gpu.quality] == [f.code for f in on_cpu.quality]


def test_contributions_are_alike(found: tuple[Analysis, Analysis]) -> None:
    expected, answer = (analysis.teacher_contributions for analysis in found)
    assert expected is not None and answer is not None
    assert answer.target == expected.target
    assert answer.shapley == pytest.approx(expected.shapley, abs=1e-3)


def test_words_have_the_same_scores(found: tuple[Analysis, Analysis]) -> None:
    for model in ("student", "text", "emotion"):
        expected, answer = (getattr(analysis.attributions, model) for analysis in found)
        assert answer.target == expected.target and answer.method == expected.method
        scores = [np.array([word.score for word in side.words]) for side in (expected, answer)]
        assert np.abs(scores[0] - scores[1]).max() < 5e-3 * max(1.0, np.abs(scores[0]).max())


def test_sound_has_the_same_scores(found: tuple[Analysis, Analysis]) -> None:
    expected, answer = (analysis.attributions.audio for analysis in found)
    assert [s.score for s in answer.segments] == pytest.approx(
        [s.score for s in expected.segments], abs=5e-3
    )


def test_batches_are_scored_alike(both: tuple[Analyser, Analyser]) -> None:
    texts = [TEXT, LONG, "I am so tired.", f"{TEXT} {TEXT}"]
    models = ("student", "text", "emotion")
    expected, answer = (analyser.predict_texts(texts, models) for analyser in both)
    for model in models:
        assert np.abs(answer[model] - expected[model]).max() < 1e-3
        assert answer[model].shape == (len(texts), len(both[0].labels))


def test_bf16_stays_within_two_points(both: tuple[Analyser, Analyser], folder: Path) -> None:
    rounded = Analyser.open("sdcnl", device="cuda", rounded=True)
    plain = Analyser.open("sdcnl", device="cuda")
    texts = [TEXT, LONG, "I am so tired."]
    expected, answer = (a.predict_texts(texts)["student"] for a in (plain, rounded))
    assert np.abs(answer - expected).max() < 0.02


def test_a_long_post_is_read_whole_on_both(both: tuple[Analyser, Analyser]) -> None:
    on_cpu, on_gpu = (a.analyse(Post(LONG), explain="none", speak=False) for a in both)
    assert on_gpu.read == on_cpu.read
    for name in set(MODELS) - {"audio"}:
        expected, answer = on_cpu.predictions[name], on_gpu.predictions[name]
        assert (answer is None) == (expected is None)
        if expected is not None and answer is not None:
            assert answer.probabilities == pytest.approx(expected.probabilities, abs=1e-3)


def test_training_moves_to_the_gpu_and_back() -> None:
    labels = torch.tensor([0, 1] * 40)
    points = torch.randn(80, 5, generator=torch.Generator().manual_seed(1)) + 2 * labels[:, None]
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 2))
    settings = FitRecipe(epochs=20, batch=8, learning_rate=0.05)
    fit_classifier(
        model,
        list(range(80)),
        lambda p: {"input": points[p]},
        Targets(labels),
        cross_entropy(0.0),
        settings,
        seed=0,
    )
    assert next(model.parameters()).device.type == "cpu" and not model.training
    with torch.inference_mode():
        assert (model(points).argmax(1) == labels).float().mean() > 0.95
