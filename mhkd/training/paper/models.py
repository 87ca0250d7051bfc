"""The paper's networks, made through the Auto classes of transformers."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import nn
from transformers import (
    AutoConfig,
    AutoFeatureExtractor,
    AutoModelForAudioClassification,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)

from mhkd.assets import backbone_folder
from mhkd.errors import RecipeError
from mhkd.training.paper.recipe import PaperAudioRecipe, PaperEmotionRecipe, PaperEncoder

HUB = "hub:"


def find_pretrained(name: str, *, allow_hub: bool) -> str:
    """What ``from_pretrained`` takes: a folder, or a name on the hub if that is allowed.

    Raises:
        RecipeError: the hub is not allowed.
        BundleError: there is no such folder.
    """
    if not name.startswith(HUB):
        return str(backbone_folder(name))
    if not allow_hub:
        raise RecipeError(
            f"The recipe takes '{name.removeprefix(HUB)}' from the Hugging Face hub or its cache. "
            "Allow that with --allow-hub, or name a folder that holds it."
        )
    return name.removeprefix(HUB)


def load_pretrained(kind: Any, name: str, *, allow_hub: bool, **settings: Any) -> Any:
    """``kind.from_pretrained``; only on the hub or in its cache if that is allowed.

    Raises:
        RecipeError: it is not there, or can't be loaded.
    """
    place = find_pretrained(name, allow_hub=allow_hub)
    try:
        return kind.from_pretrained(place, local_files_only=not allow_hub, **settings)
    except (OSError, ValueError) as fault:
        raise RecipeError(
            f"'{name}' can't be loaded: it is not in the cache and the hub can't be reached, or it "
            "does not hold what is expected."
        ) from fault


def load_tokenizer(name: str, added: list[str], *, allow_hub: bool) -> Any:
    """The backbone's tokenizer with more tokens."""
    tokenizer = load_pretrained(AutoTokenizer, name, allow_hub=allow_hub)
    tokenizer.add_tokens(added)
    return tokenizer


def configure(recipe: PaperEncoder, classes: int, *, allow_hub: bool) -> Any:
    """The backbone's settings, changed as the recipe says.

    Raises:
        RecipeError: it can't be loaded, has fewer layers, or can't be cut in so many heads.
    """
    config = load_pretrained(AutoConfig, recipe.backbone, allow_hub=allow_hub)
    if recipe.layers > config.num_hidden_layers:
        raise RecipeError(
            f"'{recipe.backbone}' has {config.num_hidden_layers} layers; "
            f"{recipe.layers} were asked for."
        )
    if recipe.heads is not None and config.hidden_size % recipe.heads:
        raise RecipeError(f"A width of {config.hidden_size} can't be cut in {recipe.heads} heads.")
    wanted: dict[str, Any] = {
        "num_hidden_layers": recipe.layers,
        "num_attention_heads": recipe.heads,
        "hidden_dropout_prob": recipe.dropout,
        "attention_probs_dropout_prob": recipe.attention_dropout,
        "hidden_act": recipe.activation,
        "num_labels": classes,
    }
    for name, value in wanted.items():
        if value is not None:
            setattr(config, name, value)
    return config


def build_text_model(
    recipe: PaperEncoder, tokenizer: Any, classes: int, *, allow_hub: bool, seed: int
) -> nn.Module:
    """The text teacher or the student: a cut encoder with its own pooler and a new head."""
    torch.manual_seed(seed)
    config = configure(recipe, classes, allow_hub=allow_hub)
    model = load_pretrained(
        AutoModelForSequenceClassification, recipe.backbone, allow_hub=allow_hub, config=config
    )
    model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    return cast(nn.Module, model)


def build_audio_model(
    recipe: PaperAudioRecipe, classes: int, *, allow_hub: bool, seed: int
) -> nn.Module:
    """AST on ``recipe.frames`` frames; see ``PaperAudioRecipe.positions``."""
    torch.manual_seed(seed)
    config = configure(recipe, classes, allow_hub=allow_hub)
    trained_frames = config.max_length
    config.max_length = recipe.frames
    model = load_pretrained(
        AutoModelForAudioClassification,
        recipe.backbone,
        allow_hub=allow_hub,
        config=config,
        ignore_mismatched_sizes=True,
    )
    if recipe.positions == "cropped" and trained_frames != recipe.frames:
        whole = load_pretrained(
            AutoModelForAudioClassification, recipe.backbone, allow_hub=allow_hub
        )
        _crop_positions(model, whole)
    return cast(nn.Module, model)


def load_extractor(recipe: PaperAudioRecipe, *, allow_hub: bool) -> Any:
    """The feature extractor that cuts to the recipe's frames and does not normalise."""
    extractor = load_pretrained(AutoFeatureExtractor, recipe.backbone, allow_hub=allow_hub)
    extractor.max_length = recipe.frames
    return extractor


class EmotionMlp(nn.Module):
    """Token embeddings, side by side or averaged, then linear layers.

    Source: 3M-Health's notebooks, where also the logits pass ReLU and dropout.
    """

    def __init__(
        self, recipe: PaperEmotionRecipe, table: torch.Tensor, tokens: int, classes: int
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(
            table.clone(), freeze=not recipe.tune_embeddings
        )
        self._flat = recipe.pooling == "flatten"
        width = table.shape[1] * (tokens if self._flat else 1)
        layers: list[nn.Module] = []
        for _ in range(recipe.layers - 1):
            layers += [nn.Linear(width, recipe.hidden), nn.ReLU(), nn.Dropout(recipe.dropout)]
            width = recipe.hidden
        layers.append(nn.Linear(width, classes))
        if recipe.noisy_logits:
            layers += [nn.ReLU(), nn.Dropout(recipe.dropout)]
        self.layers = nn.Sequential(*layers)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Logits, shape (posts, classes), from ids, shape (posts, tokens)."""
        embedded = self.embedding(input_ids)
        if self._flat:
            pooled = embedded.flatten(1)
        else:
            mask = attention_mask.unsqueeze(-1).to(embedded.dtype)
            pooled = (embedded * mask).sum(1) / mask.sum(1).clamp(min=1)
        logits: torch.Tensor = self.layers(pooled)
        return logits


@torch.no_grad()
def _crop_positions(model: Any, whole: Any) -> None:
    """The pretrained positions of the first patches, for all bands."""
    short, long = (
        m.audio_spectrogram_transformer.embeddings.position_embeddings for m in (model, whole)
    )
    patches = whole.audio_spectrogram_transformer.embeddings
    bands, times = patches.get_shape(whole.config)
    kept = short.shape[1] - 2
    grid = long[:, 2:].reshape(1, bands, times, -1)[:, :, : kept // bands]
    short.copy_(torch.cat([long[:, :2], grid.flatten(1, 2)], dim=1))
