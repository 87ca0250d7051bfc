from itertools import combinations

import pytest
import torch
from captum.attr import ShapleyValues

from mhkd.analysis import TEACHERS
from mhkd.explain.students import contribute_student, share_out, whole_seeds

SUBSETS = [frozenset(c) for size in range(4) for c in combinations(TEACHERS, size)]


def test_a_case_worked_by_hand():
    values = dict.fromkeys(SUBSETS, 0.5)
    values |= {s: 0.7 for s in SUBSETS if "text" in s}
    values[frozenset(TEACHERS)] = 0.76
    found = contribute_student({0: values}, "suicide")
    assert found.shapley["text"] == pytest.approx(0.2 + 0.02)
    assert found.shapley["audio"] == pytest.approx(0.02)
    assert (found.empty, found.full, found.seeds) == (0.5, 0.76, 1)
    assert found.residual < 1e-12
    assert found.sd == dict.fromkeys(TEACHERS)


def test_it_agrees_with_captum():
    generator = torch.Generator().manual_seed(3)
    drawn = torch.rand(8, generator=generator, dtype=torch.float64)
    values = dict(zip(SUBSETS, drawn.tolist(), strict=True))

    def forward(present):
        chosen = frozenset(n for n, p in zip(TEACHERS, present[0].tolist(), strict=True) if p)
        return torch.tensor([values[chosen]], dtype=torch.float64)

    expected = ShapleyValues(forward).attribute(torch.ones(1, 3), baselines=torch.zeros(1, 3))[0]
    found = share_out(values)
    assert [found[name] for name in TEACHERS] == pytest.approx(expected.tolist(), abs=1e-6)


def test_the_spread_is_over_seeds_and_the_first_is_shown():
    one = {s: 0.1 * len(s) for s in SUBSETS}
    two = {s: 0.3 * len(s) for s in SUBSETS}
    found = contribute_student({4: one, 5: two}, "suicide")
    assert found.shapley["audio"] == pytest.approx(0.1)
    assert found.sd["audio"] == pytest.approx(0.2 / 2**0.5)
    assert found.seeds == 2


def test_only_seeds_with_all_eight_count():
    names = [(s, seed) for seed in (0, 1) for s in SUBSETS]
    assert whole_seeds([*names, (frozenset(), 2), (frozenset(TEACHERS), 2)]) == [0, 1]
