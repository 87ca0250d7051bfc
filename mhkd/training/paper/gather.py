"""What all models of a run of the paper share: cleaned posts, their tokens, their sound."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import torch

from mhkd.emotion.lexicons import open_lexicon
from mhkd.training.paper.clean import added_tokens, clean_post
from mhkd.training.paper.emog import learn_token_table
from mhkd.training.paper.files import find_lexicon, identify_files, read_emoticons
from mhkd.training.paper.models import load_tokenizer
from mhkd.training.paper.parts import PaperPosts, Part
from mhkd.training.paper.recipe import PaperRecipe
from mhkd.training.paper.sound import hear, speak_texts
from mhkd.training.paper.teachers import Material, Reader
from mhkd.training.stages import RunFolder


def gather(
    recipe: PaperRecipe, posts: PaperPosts, data: Path, folder: RunFolder, *, allow_hub: bool
) -> Material:
    """Cleans and cuts all posts; they are spoken when the audio teacher first needs them.

    Args:
        data: folder of the data, where files that the recipe names are looked for first.
        folder: of all that is kept.
    """
    emoticons = read_emoticons(recipe.emoticons, data)
    texts = tuple(clean_post(text, emoticons) for text in posts.texts)
    added = added_tokens(texts, emoticons)

    def read(backbone: str) -> Reader:
        tokenizer = load_tokenizer(backbone, added, allow_hub=allow_hub)
        cut = {"truncation": True, "max_length": recipe.max_tokens}
        return Reader(tokenizer, tuple(tuple(tokenizer(t, **cut)["input_ids"]) for t in texts))

    reader = read(recipe.student.backbone)
    same = recipe.text.backbone == recipe.student.backbone

    @lru_cache(maxsize=1)
    def heard() -> torch.Tensor:
        spoken = speak_texts(recipe.audio, texts, folder, allow_hub=allow_hub)
        return hear(recipe.audio, spoken, allow_hub=allow_hub)

    text_reader = reader if same else read(recipe.text.backbone)

    def table(part: Part) -> torch.Tensor:
        training = [texts[row] for row in part.train]
        chosen = recipe.emotion.embeddings
        inputs = {
            "texts": training,
            "added": added,
            "backbone": recipe.student.backbone,
            "files": identify_files(recipe, "emotion", data),
            "chosen": chosen.chosen(),
            "seed": recipe.seed,
        }

        def learn() -> dict[str, torch.Tensor]:
            lexicon = open_lexicon(find_lexicon(chosen.lexicon, data))
            found = learn_token_table(chosen, lexicon, training, reader.tokenizer, recipe.seed)
            return {"t": found}

        return folder.keep("emotion-tokens", inputs, learn)["t"]

    return Material(recipe, texts, posts.labels, reader, text_reader, heard, table, allow_hub)
