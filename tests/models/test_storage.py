import pickle

import pytest
import torch
from safetensors.torch import save_file

from mhkd.errors import BundleError
from mhkd.models.storage import load_weights, save_weights


def test_eight_bit_is_within_half_a_step_of_each_row(tmp_path):
    torch.manual_seed(0)
    matrix = torch.randn(64, 128) * torch.logspace(-2, 1, 64)[:, None]
    bias = torch.randn(64)
    save_weights({"matrix": matrix, "bias": bias}, tmp_path / "w.safetensors", eight_bit=True)
    loaded = load_weights(tmp_path / "w.safetensors")
    step = matrix.abs().amax(1, keepdim=True) / 127
    assert ((loaded["matrix"] - matrix).abs() <= 0.51 * step + 1e-6).all()
    assert torch.equal(loaded["bias"], bias.half().float())
    assert (tmp_path / "w.safetensors").stat().st_size < 64 * 128 * 1.2


def test_rounding_twice_changes_nothing(tmp_path):
    torch.manual_seed(0)
    file = tmp_path / "w.safetensors"
    save_weights({"matrix": torch.randn(64, 128)}, file, eight_bit=True)
    once = load_weights(file)
    save_weights(once, file, eight_bit=True)
    assert torch.allclose(load_weights(file)["matrix"], once["matrix"], atol=1e-3)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (pickle.dumps({"a": 1}), "pickle"),
        (b"PK\x03\x04rest", "zip"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        (b"<html>not found</html>", "web page"),
        (b"", "not a safetensors"),
    ],
)
def test_another_kind_of_file_is_named_and_not_opened(tmp_path, content, kind):
    file = tmp_path / "w.safetensors"
    file.write_bytes(content)
    with pytest.raises(BundleError, match=kind):
        load_weights(file)


def test_a_value_that_is_not_finite_is_refused(tmp_path):
    save_file({"a": torch.tensor([1.0, float("nan")])}, tmp_path / "w.safetensors")
    with pytest.raises(BundleError, match="not finite"):
        load_weights(tmp_path / "w.safetensors")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BundleError, match="missing"):
        load_weights(tmp_path / "w.safetensors")
