import json
import shutil

import pytest

from mhkd.bundle import find_bundle, load_bundle, verify_files
from mhkd.errors import BundleError
from tests.tiny import build_tiny_bundle


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return build_tiny_bundle(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def bundle(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "bundle")


def change(bundle, **fields):
    manifest = json.loads((bundle / "bundle.json").read_text())
    (bundle / "bundle.json").write_text(json.dumps(manifest | fields))


def test_a_whole_bundle_opens(bundle):
    opened = load_bundle(bundle)
    assert opened.manifest.labels == ("depression", "suicide")
    assert len(opened.sha256) == 64


def test_one_flipped_bit_is_found(bundle):
    file = bundle / "student.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(BundleError, match="not the file that was released"):
        load_bundle(bundle)


def test_a_missing_file_is_named(bundle):
    (bundle / "audio.safetensors").unlink()
    with pytest.raises(BundleError, match="audio.safetensors is missing"):
        load_bundle(bundle)


def test_a_file_outside_the_folder_is_refused(bundle):
    with pytest.raises(BundleError, match="outside"):
        verify_files(bundle, {"../bundle.json": "0" * 64})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"format": 99}, "format 99"),
        ({"labels": ["one"]}, "labels"),
        ({"surprise": 1}, "surprise"),
        ({"label_sources": {"low": "![x](https://evil.example/p.png)"}}, "mark-up"),
        ({"title": "<b>All posts</b>"}, "mark-up"),
        ({"labels": ["low", "see www.evil.example"]}, "mark-up"),
    ],
)
def test_a_manifest_that_does_not_fit_is_named(bundle, fields, message):
    change(bundle, **fields)
    with pytest.raises(BundleError, match=message):
        load_bundle(bundle)


def test_another_backbone_than_the_one_trained_on_is_refused(bundle):
    backbones = json.loads((bundle / "bundle.json").read_text())["backbones"]
    change(bundle, backbones=dict.fromkeys(backbones, "0" * 64))
    with pytest.raises(BundleError, match="backbone"):
        load_bundle(bundle)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(BundleError, match="no bundle 'nowhere'"):
        find_bundle("nowhere")


def test_backbones_are_found_beside_a_bundle_that_is_named_by_its_path(bundle, tmp_path):
    manifest = json.loads((bundle / "bundle.json").read_text())
    (tmp_path / "elsewhere" / "backbones").mkdir(parents=True)
    short = {}
    for path in list(manifest["backbones"]):
        short[path] = path.rsplit("/", 1)[-1]
        shutil.copytree(path, tmp_path / "elsewhere" / "backbones" / short[path])
    renamed = json.loads(
        json.dumps(manifest).replace(next(iter(short)).rsplit("/", 1)[0] + "/", "")
    )
    moved = shutil.copytree(bundle, tmp_path / "elsewhere" / "bundles" / "tiny")
    change(moved, **renamed)
    opened = load_bundle(moved)
    for settings in (opened.manifest.text, opened.manifest.audio, opened.manifest.student):
        assert settings.backbone.startswith(str(tmp_path / "elsewhere" / "backbones"))
    assert opened.load_members("cpu").student.tokenizer("so tired")["input_ids"]
    (tmp_path / "elsewhere" / "backbones" / "bert" / "config.json").write_text("{}")
    with pytest.raises(BundleError, match="not the file that was released"):
        load_bundle(moved)
