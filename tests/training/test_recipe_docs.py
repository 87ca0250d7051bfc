"""docs/recipes.md says what the code does."""

from pathlib import Path

from typer.testing import CliRunner

from mhkd.cli import app
from mhkd.training.paper.recipe import PaperRecipe, is_paper, load_paper_recipe
from mhkd.training.recipe import Recipe, load_recipe
from mhkd.training.recipe_docs import document_options, list_recipes, walk_parts

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_page_is_current():
    page = (ROOT / "docs" / "recipes.md").read_text("utf-8")
    assert page == document_options(), "run: mhkd recipes --options > docs/recipes.md"


def test_every_field_is_described_and_stands_on_the_page():
    page = document_options()
    parts = [
        part
        for whole in (Recipe, PaperRecipe)
        for part in (whole, *dict(walk_parts(whole)).values())
    ]
    assert len(parts) > 20
    for part in parts:
        for name, field in part.model_fields.items():
            assert field.description, f"{part.__name__}.{name}"
            assert f"| `{name}` |" in page


def test_every_recipe_is_listed_and_valid():
    listed = CliRunner().invoke(app, ["recipes"]).stdout
    assert list_recipes()
    for name, title in list_recipes().items():
        load = load_paper_recipe if is_paper(name) else load_recipe
        assert load(name).title == title
        assert f"{name}\t{title}" in listed
