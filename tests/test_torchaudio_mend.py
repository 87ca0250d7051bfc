import subprocess
import sys

import pytest

from mhkd.torchaudio_mend import needs_mending


@pytest.mark.parametrize(
    ("torch_version", "torchaudio_version", "expected"),
    [
        ("2.13.0+cpu", "2.11.0", True),
        ("2.13.0+cpu", "2.11.0+cpu", False),
        ("2.13.0", "2.11.0", False),
        ("2.13.0+cu130", "2.11.0", False),
    ],
)
def test_only_a_cpu_torch_beside_a_cuda_wheel_is_mended(
    torch_version, torchaudio_version, expected
):
    assert needs_mending(torch_version, torchaudio_version) is expected


def test_what_the_project_uses_of_torchaudio_works_here():
    code = (
        "import mhkd, torch, torchaudio;"
        "import torchaudio.compliance.kaldi as kaldi;"
        "s = torch.sin(torch.arange(22050) / 10);"
        "assert len(torchaudio.functional.resample(s, 22050, 16000)) == 16000;"
        "assert torchaudio.transforms.MelSpectrogram(16000)(s).isfinite().all();"
        "assert kaldi.fbank(s[None], num_mel_bins=80).isfinite().all();"
        "import transformers; transformers.BertModel"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
