"""What a bundle is timed against: pipelines of transformers, and plain matrix products."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    pipeline,
)

from mhkd.models.members import TextMember

READ_TOKENS: Final = 512  # what BERT reads of a post
_BATCH: Final = 8
_PRODUCT_SIZES: Final = (1024, 2048)
_PRODUCT_S: Final = 0.5  # spent on each size


@dataclass(frozen=True, eq=False)
class Pipeline:
    """``transformers.pipeline("text-classification")``, used as its documentation shows."""

    classify: Any

    def answer(self, text: str) -> object:
        """One post."""
        return self.classify(text, truncation=True, max_length=READ_TOKENS)

    def answer_many(self, texts: Sequence[str]) -> object:
        """Many posts, 8 at a time, sorted by length so that little is padded."""
        ordered = sorted(texts, key=len)
        return self.classify(ordered, truncation=True, max_length=READ_TOKENS, batch_size=_BATCH)


def open_bert_base(
    tokenizer: PreTrainedTokenizerBase, device: torch.device, config: BertConfig | None = None
) -> Pipeline:
    """A classifier of the size of BERT-base. Its weights are random: only its time is used.

    Args:
        tokenizer: the student's; BERT's own vocabulary has the same size.
        device: where it runs.
        config: another size, for tests.
    """
    size = config or BertConfig(vocab_size=max(len(tokenizer), 30_522))
    return _open(size, tokenizer, device)


def open_own_checkpoint(member: TextMember, device: torch.device) -> Pipeline:
    """The student's encoder inside the usual pipeline; its head is random."""
    encoder: Any = member.model.encoder
    found = _open(encoder.config, member.tokenizer, device)
    model = found.classify.model
    getattr(model, model.base_model_prefix).load_state_dict(encoder.state_dict(), strict=False)
    return found


def measure_products(device: torch.device) -> float:
    """The best rate of a float32 matrix product, in 10⁹ operations per second."""
    best = 0.0
    for size in _PRODUCT_SIZES:
        first, second = torch.rand(size, size, device=device), torch.rand(size, size, device=device)
        _multiply(first, second)
        end = time.perf_counter() + _PRODUCT_S
        while time.perf_counter() < end:
            start = time.perf_counter()
            _multiply(first, second)
            best = max(best, 2 * size**3 / (time.perf_counter() - start) / 1e9)
    return best


def count_operations(config: PretrainedConfig, windows: int, tokens: int) -> float:
    """Operations of the matrix products of an encoder, 2 for each product and sum.

    Each layer has four maps of width², two of width · intermediate, and attention, which
    multiplies tokens² · width twice.
    """
    width, inner = int(config.hidden_size), int(config.intermediate_size)
    for_a_token = 2 * (4 * width**2 + 2 * width * inner) + 4 * tokens * width
    return float(int(config.num_hidden_layers) * windows * tokens * for_a_token)


def _multiply(first: torch.Tensor, second: torch.Tensor) -> None:
    first @ second
    if first.is_cuda:
        torch.cuda.synchronize()


def _open(
    config: PretrainedConfig, tokenizer: PreTrainedTokenizerBase, device: torch.device
) -> Pipeline:
    model: PreTrainedModel = AutoModelForSequenceClassification.from_config(config)
    parts: Any = {"model": model.eval(), "tokenizer": tokenizer, "device": device}
    return Pipeline(pipeline("text-classification", **parts))
