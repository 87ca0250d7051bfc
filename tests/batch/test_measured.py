import numpy as np
import pytest
from scipy.stats import entropy
from sklearn.metrics import accuracy_score

from mhkd.batch.measured import measure_divergence, measure_models, pick_labelled


def test_only_rows_with_a_label_and_every_answer_count():
    nothing = [np.nan, np.nan]
    student = np.array([[0.2, 0.8], [0.7, 0.3], nothing, [0.4, 0.6]], np.float32)
    text = np.array([[0.3, 0.7], [0.1, 0.9], [0.5, 0.5], [0.6, 0.4]], np.float32)
    found = pick_labelled({"student": student, "text": text}, np.array([1, -1, 0, 0]))
    assert found.rows.tolist() == [0, 3] and found.truth.tolist() == [1, 0]
    measured = measure_models(found)
    assert measured["student"]["accuracy"] == accuracy_score([1, 0], [1, 1])
    assert measured["text"]["accuracy"] == 1.0
    assert measured["text"]["n"] == 2 and measured["text"]["resamples"] > 0
    assert measured["text"]["ece_if_calibrated"] >= 0


def test_divergence_is_the_mean_of_two_kl():
    p, q = np.array([0.9, 0.1]), np.array([0.3, 0.7])
    middle = (p + q) / 2
    expected = (entropy(p, middle, base=2) + entropy(q, middle, base=2)) / 2
    found = measure_divergence(np.stack([p, p, p * np.nan]), np.stack([q, p, q]))
    assert found[:2] == pytest.approx([expected, 0], abs=1e-9)
    assert np.isnan(found[2])
