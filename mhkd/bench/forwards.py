"""The models' own forward passes: inputs made beforehand, nothing around them."""

from __future__ import annotations

import torch

from mhkd.audio.features import resample
from mhkd.bench.clock import Action
from mhkd.models.audio import encode_sound
from mhkd.models.emotion import batch_words, encode_words
from mhkd.models.encoded import encode_post
from mhkd.models.members import Members, TextMember
from mhkd.models.text import TextBatch, batch_posts
from mhkd.post import Recording
from mhkd.predictions import pad_id


class Forwards:
    """The four models over one post, with everything that they read made before.

    Args:
        members: the models.
        text: the post.
        recording: its sound.
    """

    def __init__(self, members: Members, text: str, recording: Recording) -> None:
        self._members, device = members, members.device
        self._read = [
            (
                member.model,
                batch_posts([encode_post(member.tokenizer, text)], pad_id(member), device),
            )
            for member in (members.student, members.text)
        ]
        self._words = batch_words([encode_words(members.emotion.vocabulary, text)], device)
        sound = encode_sound(members.audio.extractor, resample(recording))
        self._features = sound.features.to(device)
        self._heard = sound.samples_heard.to(device)
        self._post_index = torch.zeros(len(self._heard), dtype=torch.long, device=device)

    def run(self) -> None:
        """One pass of each."""
        with torch.inference_mode():
            for model, batch in self._read:
                model(batch)
            self._members.emotion.model(self._words)
            self._members.audio.model(self._features, self._heard, self._post_index)


def prepare_block(member: TextMember, windows: int, tokens: int) -> Action:
    """A forward pass over a full block of tokens, nothing padded."""
    device = member.model.head.weight.device
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(len(member.tokenizer), (windows, tokens), generator=generator)
    batch = TextBatch(
        ids.to(device),
        torch.ones_like(ids).to(device),
        torch.arange(windows, device=device),
        windows,
    )

    def run() -> object:
        with torch.inference_mode():
            return member.model(batch)

    return run
