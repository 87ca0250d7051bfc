import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from mhkd.batch.slices import measure_slices, name_lengths, name_outside, name_values


def test_rows_are_named_by_what_the_student_knows():
    found = name_outside(np.array([True, False, True]), [2, 1])
    assert found == ["outside what the model knows", "within what the model knows"]


def test_slices_against_scikit_learn():
    generator = np.random.default_rng(0)
    probabilities, truth = generator.dirichlet(np.ones(3), 300), generator.integers(0, 3, 300)
    names = [("a", "b", "b")[n % 3] for n in range(300)]
    found = {part.name: part for part in measure_slices(names, probabilities, truth)}
    assert list(found) == ["b", "a"]
    for name, part in found.items():
        chosen = np.array(names) == name
        guess = probabilities[chosen].argmax(1)
        assert part.n == chosen.sum()
        assert part.accuracy.value == pytest.approx(accuracy_score(truth[chosen], guess))
        expected = f1_score(truth[chosen], guess, average="macro")
        assert part.f1_macro.value == pytest.approx(expected)
        assert part.f1_macro.low < part.f1_macro.value < part.f1_macro.high


def test_lengths_by_hand():
    texts = ["w " * n for n in (0, 49, 50, 149, 150, 399, 400)]
    assert name_lengths(texts) == [
        "0–49 words",
        "0–49 words",
        "50–149 words",
        "50–149 words",
        "150–399 words",
        "150–399 words",
        "400 words or more",
    ]


def test_few_values_stay_many_numbers_become_quarters_rare_ones_other():
    assert name_values(["a", " a", ""]) == ["a", "a", "(empty)"]
    quarters = name_values([str(n) for n in range(1, 101)] + [""])
    assert len(set(quarters)) == 5 and quarters[-1] == "(empty)"
    assert [quarters.count(name) for name in dict.fromkeys(quarters)] == [25, 25, 25, 25, 1]
    named = name_values([f"user{n}" for n in range(30)] + ["common"] * 5)
    assert "common" in named and named.count("(other)") == 22
