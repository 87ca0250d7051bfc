import math

import pytest
import torch

from mhkd.training.distil import distillation_loss
from mhkd.training.recipe import StudentCandidate, StudentRecipe

LOGITS = torch.tensor([[0.0, 0.0], [2.0, 0.0]])
SOFT = torch.tensor([[0.25, 0.75], [0.5, 0.5]])
LABELS = torch.tensor([1, 0])
CANDIDATE = StudentCandidate(backbone="x", layers=1)


def loss(**settings):
    recipe = StudentRecipe(candidates=[CANDIDATE], **settings)
    return float(distillation_loss(recipe)(LOGITS, {"labels": LABELS, "soft": SOFT}))


def hand_worked_kl():
    first = 0.25 * math.log(0.25 / 0.5) + 0.75 * math.log(0.75 / 0.5)
    p = math.exp(2) / (math.exp(2) + 1)
    second = 0.5 * math.log(0.5 / p) + 0.5 * math.log(0.5 / (1 - p))
    return (first + second) / 2


def hand_worked_ce():
    p = math.exp(2) / (math.exp(2) + 1)
    return (-math.log(0.5) - math.log(p)) / 2


def test_alpha_mixes_labels_and_teachers():
    assert loss(alpha=1.0) == pytest.approx(hand_worked_ce(), rel=1e-5)
    assert loss(alpha=0.0) == pytest.approx(hand_worked_kl(), rel=1e-5)
    mixed = 0.3 * hand_worked_ce() + 0.7 * hand_worked_kl()
    assert loss(alpha=0.3) == pytest.approx(mixed, rel=1e-5)


def test_the_papers_form_divides_kl_by_the_classes():
    assert loss(paper_loss=True) == pytest.approx(hand_worked_ce() + hand_worked_kl() / 2, rel=1e-5)


def test_a_student_that_says_what_the_teachers_say_has_no_kl():
    recipe = StudentRecipe(candidates=[CANDIDATE], alpha=0.0, temperature=3.0)
    same = SOFT.log()
    value = distillation_loss(recipe)(same, {"labels": LABELS, "soft": SOFT})
    assert float(value) == pytest.approx(0.0, abs=1e-5)
