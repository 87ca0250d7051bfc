"""Which losses are compared, and how the paper's stands beside the weighted one."""

import pytest
import torch

from mhkd.training.distil import distillation_loss
from mhkd.training.recipe import StudentRecipe, load_recipe
from mhkd.training.students import loss_variants, tell_loss


def variants(**changes):
    recipe = load_recipe("embedded/sdcnl")
    student = recipe.student.model_copy(update=changes)
    return loss_variants(recipe.model_copy(update={"student": student}))


def test_the_papers_loss_stands_beside_the_recipes_own():
    own, *others = variants(alpha=0.3, temperature=1.0)
    assert not own.paper_loss
    assert [other.paper_loss for other in others].count(True) == 1
    assert {other.alpha for other in others} == {0.0, 0.3, 0.5, 0.7}


def test_alpha_and_temperature_are_not_tried_where_they_do_nothing():
    own, *others = variants(paper_loss=True, alpha=0.3, temperature=2.0)
    assert own.paper_loss
    assert {(other.alpha, other.temperature) for other in others} == {(0.3, 2.0)}
    assert [other.paper_loss for other in others].count(False) == 1
    assert {other.soft_targets for other in others} == {"mean", "log_loss", "confidence"}


@pytest.mark.parametrize("classes", [2, 3])
def test_the_papers_loss_is_told_by_the_weights_that_it_amounts_to(classes):
    paper = StudentRecipe(candidates=[{"backbone": "b", "layers": 1}], paper_loss=True)
    told = tell_loss(paper, classes)
    assert told["paper_loss"] and told["T"] == 1.0
    weighted = paper.model_copy(
        update={"paper_loss": False, "alpha": classes / (classes + 1), "temperature": 1.0}
    )
    assert told["alpha"] == pytest.approx(weighted.alpha, abs=1e-3)
    torch.manual_seed(0)
    logits = torch.randn(8, classes)
    targets = {
        "labels": torch.arange(8) % classes,
        "soft": torch.randn(8, classes).softmax(-1),
    }
    whole = distillation_loss(paper)(logits, targets)
    assert whole.item() == pytest.approx(
        (1 + 1 / classes) * distillation_loss(weighted)(logits, targets).item(), rel=1e-5
    )
