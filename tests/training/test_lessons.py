"""What a student learns from."""

import numpy as np
import torch

from mhkd.training.fit import Targets
from mhkd.training.lessons import plan_lessons
from mhkd.training.recipe import StudentRecipe
from mhkd.training.stages import RunFolder
from tests.tiny import build_tiny_bundle

TEXTS = ["i feel so tired today", "good walk", "so tired and so tired of it"]


def _plan(tmp_path, copies, soft):
    build_tiny_bundle(tmp_path)
    candidate = {"backbone": str(tmp_path / "backbones" / "bert"), "layers": 2, "frozen_layers": 1}
    recipe = StudentRecipe(candidates=[candidate], masked_copies=copies, masked_share=0.9)
    targets = Targets(torch.tensor([1, 0, 1]), soft)
    run = RunFolder(tmp_path, lambda _: None)
    return plan_lessons(recipe, recipe.candidates[0], TEXTS, targets, run)


def test_without_copies_the_posts_are_the_lessons(tmp_path):
    lessons = _plan(tmp_path, 0, None)
    assert len(lessons.states.states) == len(lessons.states.masks) == 3
    assert lessons.choose(np.array([2, 0])).tolist() == [2, 0]
    assert lessons.targets.soft is None


def test_copies_stand_behind_the_posts_with_their_targets(tmp_path):
    soft = torch.tensor([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])
    lessons = _plan(tmp_path, 2, soft)
    assert lessons.choose(np.array([2, 0])).tolist() == [2, 0, 5, 3, 8, 6]
    for row in range(9):
        assert lessons.targets.labels[row] == [1, 0, 1][row % 3]
        assert torch.equal(lessons.targets.soft[row], soft[row % 3])
        assert lessons.states.states[row].shape == lessons.states.states[row % 3].shape
    third = [lessons.states.states[row] for row in (2, 5, 8)]
    assert not torch.equal(third[0], third[1]) and not torch.equal(third[1], third[2])
