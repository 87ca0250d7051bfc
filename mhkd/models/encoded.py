"""A post as tensors: what a text classifier reads."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedTokenizerBase

from mhkd.limits import MAX_WINDOWS, WINDOW_TOKENS
from mhkd.text.normalise import replace_unreadable
from mhkd.text.spans import Span


@dataclass(frozen=True, eq=False)
class EncodedPost:
    """One post in windows of at most 256 tokens, up to four.

    Attributes:
        input_ids: int64, shape (windows, tokens), padded.
        attention_mask: int64, shape (windows, tokens), 1 where a token is.
        special_mask: int64, shape (windows, tokens), 1 on special tokens and padding.
        offsets: int64, shape (windows, tokens, 2), characters of the post.
        tokens_total: sub-words of the whole post.
        tokens_read: sub-words inside the windows.
    """

    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    special_mask: torch.Tensor
    offsets: torch.Tensor
    tokens_total: int
    tokens_read: int


def encode_post(
    tokenizer: PreTrainedTokenizerBase,
    text: str,
    *,
    window_tokens: int = WINDOW_TOKENS,
    max_windows: int = MAX_WINDOWS,
) -> EncodedPost:
    """Cuts a post into windows of tokens, with offsets into ``text`` itself."""
    room = window_tokens - tokenizer.num_special_tokens_to_add()
    whole = tokenizer(
        replace_unreadable(text),
        add_special_tokens=False,
        return_offsets_mapping=True,
        verbose=False,
    )
    ids, offsets = whole["input_ids"], whole["offset_mapping"]
    read = min(len(ids), room * max_windows)
    windows = max(1, -(-read // room))
    left, right = [tokenizer.cls_token_id], [tokenizer.sep_token_id]
    width = min(read, room) + 2
    input_ids = torch.full((windows, width), int(tokenizer.pad_token_id or 0))
    attention_mask = torch.zeros((windows, width), dtype=torch.long)
    special_mask = torch.ones((windows, width), dtype=torch.long)
    spans = torch.zeros((windows, width, 2), dtype=torch.long)
    for row in range(windows):
        part = ids[row * room : min((row + 1) * room, read)]
        end = len(part) + 1
        input_ids[row, : end + 1] = torch.tensor(left + part + right)
        attention_mask[row, : end + 1] = 1
        special_mask[row, 1:end] = 0
        if part:
            spans[row, 1:end] = torch.tensor(offsets[row * room : row * room + len(part)])
    return EncodedPost(input_ids, attention_mask, special_mask, spans, len(ids), read)


def place_tokens(post: EncodedPost, spans: Sequence[Span]) -> torch.Tensor:
    """The span that each token belongs to, shape (windows, tokens), −1 on special tokens."""
    starts = [span.start for span in spans]
    places = torch.full(post.input_ids.shape, -1)
    read = post.special_mask == 0
    places[read] = torch.tensor(
        [max(0, bisect_right(starts, start) - 1) for start in post.offsets[read][:, 0].tolist()],
        dtype=places.dtype,
    )
    return places


def count_reached(post: EncodedPost, places: torch.Tensor, spans: Sequence[Span]) -> int:
    """Spans up to the last one that was read; all of them where the whole post was.

    A last word may have no token, such as a character of private use.

    Args:
        places: of ``place_tokens``.
    """
    return len(spans) if post.tokens_read == post.tokens_total else int(places.max()) + 1
