"""What is computed once for every post, whatever run or fold it stands in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from safetensors import safe_open

from mhkd.training.stages import Pace, RunFolder, make_key, write_tensors

_POSTS_OF_A_FILE = 256


def keep_for_posts(
    run: RunFolder,
    name: str,
    keys: Sequence[str],
    make: Callable[[list[int]], Sequence[torch.Tensor]],
) -> list[torch.Tensor]:
    """One tensor for each key: read where it is kept, else computed and kept.

    Args:
        run: whose folder holds the files ``<name>-….safetensors``, one for every 256 posts that
            were computed; a run that is stopped goes on after the last of them.
        name: what the tensors are; decides them together with the key.
        keys: of the posts, see ``key_of``; a key may recur.
        make: computes those of some rows of ``keys``, in that order.

    Raises:
        RecipeError: they can't be written.
    """
    wanted = set(keys)
    found: dict[str, torch.Tensor] = {}
    for file in sorted(run.folder.glob(f"{name}-*.safetensors")):
        with safe_open(file, framework="pt") as kept:
            found |= {key: kept.get_tensor(key) for key in wanted.intersection(kept.keys())}
    first = {key: row for row, key in reversed(list(enumerate(keys)))}
    missing = sorted(row for key, row in first.items() if key not in found)
    pace = Pace(run.say, name.split("-")[0], len(missing))
    for start in range(0, len(missing), _POSTS_OF_A_FILE):
        rows = missing[start : start + _POSTS_OF_A_FILE]
        made = {
            keys[row]: tensor.clone(memory_format=torch.contiguous_format)
            for row, tensor in zip(rows, make(rows), strict=True)
        }
        write_tensors(made, run.folder / f"{name}-{make_key({'keys': list(made)})}.safetensors")
        found |= made
        pace.tell(start + len(rows))
    return [found[key] for key in keys]


def kept_keys(folder: Path, name: str) -> set[str]:
    """The keys of all posts for which something of this name is kept."""
    found: set[str] = set()
    for file in folder.glob(f"{name}-*.safetensors"):
        with safe_open(file, framework="pt") as kept:
            found.update(kept.keys())
    return found


def key_of(text: str) -> str:
    """A hash of a post's text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
