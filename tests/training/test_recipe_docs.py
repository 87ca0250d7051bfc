"""docs/recipes.md says what the code does."""

from pathlib import Path

from typer.testing import CliRunner

from mhkd.cli import app
from mhkd.training.recipe import Recipe, load_recipe
from mhkd.training.recipe_docs import document_options, list_recipes, walk_parts

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_page_is_current():
    page = (ROOT / "docs" / "recipes.md").read_text("utf-8")
    assert page == document_options(), "run: mhkd recipes --options > docs/recipes.md"


def test_every_field_is_described_and_stands_on_the_page():
    page = document_options()
    parts = [Recipe, *(part for _, part in walk_parts(Recipe))]
    assert len(parts) > 10
    for part in parts:
        for name, field in part.model_fields.items():
            assert field.description, f"{part.__name__}.{name}"
            assert f"| `{name}` |" in page


def test_every_recipe_is_listed_and_valid():
    listed = CliRunner().invoke(app, ["recipes"]).stdout
    assert list_recipes()
    for name, title in list_recipes().items():
        assert load_recipe(name).title == title
        assert f"{name}\t{title}" in listed
