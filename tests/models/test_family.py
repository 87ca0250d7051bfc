import threading

import pytest
import torch

from mhkd.errors import BundleError, Cancelled
from mhkd.manifest import FamilyStudent, TextSettings
from mhkd.models.backbones import load_text_backbone
from mhkd.models.encoded import encode_post
from mhkd.models.family import load_family, predict_family
from mhkd.models.members import load_text_member, trained_weights
from mhkd.models.storage import load_weights, save_weights
from mhkd.models.text import batch_posts
from mhkd.predictions import answer_text
from mhkd.training.texts import build_text_classifier
from tests.tiny import POST, build_tiny_bundle

CPU = torch.device("cpu")
STUDENTS = (
    FamilyStudent(teachers=(), seed=0, temperature=1.5),
    FamilyStudent(teachers=("text", "audio"), seed=1, temperature=0.7),
)


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    build_tiny_bundle(folder)
    return str(folder / "backbones" / "bert")


def make_weights(settings, seed):
    model = build_text_classifier(settings, 2, 0.0, seed)
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        if parameter.requires_grad and parameter.ndim > 1:
            parameter.data = 0.3 * torch.randn(parameter.shape, generator=generator)
    return trained_weights(model, settings)


def make_settings(backbone, **changed):
    base = {"backbone": backbone, "layers": 3, "frozen_layers": 1, "lora_rank": 2}
    return TextSettings(**{**base, "temperature": 1.0, **changed})


@pytest.mark.parametrize("changed", [{}, {"lora_rank": 0}, {"pooled_layers": 2}])
def test_each_student_answers_as_it_does_alone(backbone, tmp_path, changed):
    settings = make_settings(backbone, **changed)
    own = {student.name: make_weights(settings, i) for i, student in enumerate(STUDENTS)}
    file = tmp_path / "students.safetensors"
    save_weights({f"{n}:{k}": v for n, weights in own.items() for k, v in weights.items()}, file)
    family = load_family(settings, STUDENTS, load_weights(file), CPU)
    texts = [POST, "the walk"]
    for place, student in enumerate(STUDENTS):
        alone_file = tmp_path / f"{student.name}.safetensors"
        save_weights(own[student.name], alone_file)
        alone_settings = settings.model_copy(update={"temperature": student.temperature})
        member = load_text_member(alone_settings, alone_file, 2, CPU)
        posts = [encode_post(member.tokenizer, text) for text in texts]
        found = predict_family(family, batch_posts(posts, 0, CPU))
        assert found.shape == (2, 2, 2)
        for row, text in enumerate(texts):
            expected = answer_text(member, text).probabilities
            assert found[place, row] == pytest.approx(expected, abs=1e-5)


def test_a_student_without_its_weights_is_refused(backbone):
    settings = make_settings(backbone)
    weights = {f"none-0:{name}": value for name, value in make_weights(settings, 0).items()}
    with pytest.raises(BundleError, match=r"text\+audio-1"):
        load_family(settings, STUDENTS, weights, CPU)


def test_weights_of_an_unknown_student_are_refused(backbone):
    settings = make_settings(backbone)
    weights = {f"other-0:{name}": value for name, value in make_weights(settings, 0).items()}
    with pytest.raises(BundleError, match="other-0"):
        load_family(settings, STUDENTS[:1], weights, CPU)


def test_it_stops_between_students(backbone):
    settings = make_settings(backbone)
    weights = {f"none-0:{name}": value for name, value in make_weights(settings, 0).items()}
    family = load_family(settings, STUDENTS[:1], weights, CPU)
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        predict_family(family, batch_one_post(backbone), cancel)


def batch_one_post(backbone):
    tokenizer = load_text_backbone(backbone).tokenizer
    return batch_posts([encode_post(tokenizer, POST)], 0, CPU)
