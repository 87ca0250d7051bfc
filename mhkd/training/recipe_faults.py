"""What is wrong with a recipe, told so that it can be mended."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError


def tell_fault(model: type[BaseModel], fault: ValidationError) -> str:
    """The first fault, as its place, a colon and what was expected.

    An unknown field is told with the fields whose names are near it, and a number or a yes, which
    YAML makes of a bare word, with the quotes that keep it a word.

    Args:
        model: that was to be validated, such as ``Recipe``.
    """
    first = fault.errors()[0]
    place = ".".join(str(part) for part in first["loc"]) or "recipe"
    if first["type"] == "extra_forbidden":
        *parents, name = first["loc"]
        return f"{place}: {tell_unknown(str(name), _fields_at(model, parents))}"
    if first["type"] == "string_type" and isinstance(first["input"], bool | int | float):
        value = first["input"]
        written = ("yes" if value else "no") if isinstance(value, bool) else value
        return f'{place}: YAML reads {value!r} here, expected text: quote it, as in "{written}".'
    told = first["msg"].removeprefix("Value error, ")
    return (
        f"{told}." if first["type"] == "value_error" and not first["loc"] else f"{place}: {told}."
    )


def tell_unknown(name: str, known: Sequence[str]) -> str:
    """That there is no such field, and which ones may have been meant."""
    near = get_close_matches(name, known, n=3)
    told = f"Did you mean {' or '.join(near)}?" if near else f"Fields: {', '.join(known)}."
    return f"there is no such field. {told}"


def parts_in(annotation: Any) -> list[type[BaseModel]]:
    """The models that the annotation of a field names, such as those of a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [part for inner in get_args(annotation) for part in parts_in(inner)]


def _fields_at(model: type[BaseModel], parents: Sequence[int | str]) -> list[str]:
    for parent in parents:
        field = model.model_fields.get(str(parent))
        inside = parts_in(field.annotation) if field else []
        model = inside[0] if inside else model  # a place in a list is still of the same model
    return list(model.model_fields)
