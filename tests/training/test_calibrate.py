import numpy as np
import pytest

from mhkd.training.calibrate import fit_temperature
from tests.test_metrics import draw


def test_the_temperature_that_was_hidden_is_found():
    probabilities, truth = draw(4000)
    logits = np.log(probabilities)
    assert fit_temperature(logits * 2.5, truth) == pytest.approx(2.5, rel=0.1)
    assert fit_temperature(logits, truth) == pytest.approx(1.0, rel=0.1)
