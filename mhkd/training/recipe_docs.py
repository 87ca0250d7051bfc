"""The options of a recipe as Markdown, made from the models that validate it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from mhkd.training.paper.recipe import PaperRecipe
from mhkd.training.recipe import Recipe
from mhkd.training.recipe_faults import parts_in

_CHECKED = re.compile(r"(typing\.)?Annotated\[str, [^\]]*\]")  # a string that is checked
_HEAD = """# Recipes

A recipe is a YAML file that decides all that a training run gives. `mhkd recipes` lists those that
come with the package; `mhkd train RECIPE --data-dir FOLDER` runs one, `mhkd tune RECIPE` searches
better settings for a part of it.

For a task of your own, copy a recipe (`mhkd recipes --show embedded/sdcnl-quick > mine.yaml`), name
your labels, two or more, and your file: CSV or Parquet with the columns `id`, `text` and `label`.
Without a test file the run holds out a share of the posts. Authors, where `splits` knows them,
never stand on both sides. `embedded/sdcnl-quick` trains one student and its twin, of one seed;
`embedded/sdcnl` trains students of all subsets of the teachers over several seeds, a larger
student and what its studies compare.

`mhkd train paper/sdcnl --data-dir FOLDER --allow-hub` runs the method of 3M-Health to the letter,
with the faults of its released notebooks; each that changes numbers is a switch, and its default
is the notebooks'. It needs the Hugging Face hub or its cache, SenticNet's table, and in practice
a GPU. It gives `results.json`, predictions and weights, and no bundle for the app; with
`--teachers text+audio` the same folder gets `results-text-audio.json`. SenticNet's table and a file
of emoticons are looked for beside the data first. Put right without
a switch, because they only break a run: pickled models, loaders that are never rebuilt,
two tokenizers for one model, teachers asked anew in every step, TLS checks switched off. Also
different: seeds are set, a GPU that has bf16 trains in it, fast tokenizers stand in for slow ones,
a post shorter than `max_tokens` is read whole (the notebooks take two tokens from the longest),
SenticNet's stray label NaN is left out, 45 words of a post are spoken (more than AST hears), the
longest emoticon wins, and the list of emoticons, which has no licence, is the user's. Beside the
paper, a TF-IDF model and, with `twin`, the student without teachers are trained.

The tables below are made by `mhkd recipes --options` from the code.
"""
_PAPER = "# Recipes of the paper\n\n`kind: paper` says that a recipe is of this kind.\n"


def document_options() -> str:
    """Every field of a recipe, a table for each part, as Markdown."""
    parts = [_table("", Recipe)]
    parts += [_table(place, model) for place, model in walk_parts(Recipe)]
    paper = [_table("", PaperRecipe)]
    paper += [_table(place, model) for place, model in walk_parts(PaperRecipe)]
    return "\n".join([_HEAD, *parts, _PAPER, *paper])


def list_recipes() -> dict[str, str]:
    """Name → title of the recipes that come with the package."""
    import yaml

    folder = Path(__file__).resolve().parent.parent / "recipes"
    return {
        file.relative_to(folder).with_suffix("").as_posix(): yaml.safe_load(
            file.read_text("utf-8")
        )["title"]
        for file in sorted(folder.rglob("*.yaml"))
    }


def walk_parts(model: type[BaseModel], place: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """The parts of a recipe and of its parts, with their place, such as ``text.fit``."""
    for name, field in model.model_fields.items():
        for part in parts_in(field.annotation):
            inside = f"{place}.{name}".lstrip(".")
            yield inside, part
            yield from walk_parts(part, inside)


def _table(place: str, model: type[BaseModel]) -> str:
    title = f"`{place}`" if place else "The whole"
    about = (model.__doc__ or "").strip().replace("\n", " ")
    rows = [
        f"| `{name}` | {_kind(field.annotation)} | {_default(field)} | {_meaning(field)} |"
        for name, field in model.model_fields.items()
    ]
    head = "| field | kind | default | meaning |\n|---|---|---|---|"
    return "\n".join([f"## {title}\n\n{about}\n\n{head}", *rows, ""])


def _kind(annotation: Any) -> str:
    if parts_in(annotation):
        return "list of parts" if getattr(annotation, "__origin__", None) is list else "part"
    name = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    if get_args(annotation):
        name = str(annotation)
    name = _CHECKED.sub("str", name)
    return name.replace("typing.", "").replace("NoneType", "None").replace("|", "\\|")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    if isinstance(field.default, BaseModel):
        return "its defaults"
    return f"`{json.dumps(field.default)}`"


def _meaning(field: FieldInfo) -> str:
    limits = [_limit(rule) for rule in field.metadata]
    shown = ", ".join(limit for limit in limits if limit)
    return f"{field.description or ''}{f' ({shown})' if shown else ''}".replace("|", "\\|")


def _limit(rule: Any) -> str:
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "at least"}
    return ", ".join(
        f"{sign} {getattr(rule, name)}" for name, sign in signs.items() if hasattr(rule, name)
    )
