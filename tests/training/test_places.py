"""Nobody's files are replaced by a bundle, and a run knows at once where it can't write."""

import pytest

from mhkd.errors import RecipeError
from mhkd.training.places import check_bundle_place, make_folder
from mhkd.training.run import train
from tests.tiny import build_tiny_bundle
from tests.training.test_run import write_data, write_recipe


def test_an_empty_folder_and_an_earlier_bundle_may_be_replaced(tmp_path):
    check_bundle_place(tmp_path / "new")
    (tmp_path / "empty").mkdir()
    check_bundle_place(tmp_path / "empty")
    check_bundle_place(build_tiny_bundle(tmp_path / "made"))


@pytest.mark.parametrize("name", ["out", "out.building"])
def test_a_folder_with_other_things_is_refused_before_anything_is_trained(tmp_path, name):
    build_tiny_bundle(tmp_path)
    write_data(tmp_path)
    recipe = write_recipe(tmp_path, tmp_path / "backbones")
    notes = tmp_path / name / "notes.txt"
    notes.parent.mkdir()
    notes.write_text("mine")
    said = []
    with pytest.raises(RecipeError, match="holds other things"):
        train(
            recipe, data_dir=tmp_path, run_dir=tmp_path / "run", out=tmp_path / "out", workers=1,
            say=said.append,
        )  # fmt: skip
    assert notes.read_text() == "mine"
    assert said == []


def test_what_a_killed_run_left_where_it_builds_is_no_hindrance(tmp_path):
    building = tmp_path / "out.building"
    building.mkdir()
    (building / "text.safetensors").touch()
    (building / "student.part").touch()
    check_bundle_place(tmp_path / "out")
    (building / "reports").mkdir()
    with pytest.raises(RecipeError, match=r"out\.building holds other things"):
        check_bundle_place(tmp_path / "out")


def test_a_bundle_does_not_replace_its_run_nor_a_file(tmp_path):
    run = tmp_path / "all" / "run"
    run.mkdir(parents=True)
    for folder in (run, run.parent):
        with pytest.raises(RecipeError, match="holds the run itself"):
            check_bundle_place(folder, run)
    check_bundle_place(run / "bundle", run)
    (tmp_path / "file").touch()
    with pytest.raises(RecipeError, match="file or a link"):
        check_bundle_place(tmp_path / "file")


def test_a_folder_that_cant_be_made_is_named_with_its_option(tmp_path):
    assert make_folder(tmp_path / "a" / "b", "--run-dir").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(RecipeError, match="another folder with --out"):
        make_folder(tmp_path / "file" / "inside", "--out")
