"""The models' own forward passes: inputs made beforehand, nothing around them."""

from __future__ import annotations

import torch

from mhkd.audio.features import resample
from mhkd.bench.clock import Action
from mhkd.errors import InputError
from mhkd.models.audio import encode_sound
from mhkd.models.emotion import batch_words, encode_words
from mhkd.models.encoded import encode_post
from mhkd.models.members import Members, TextMember
from mhkd.models.text import TextBatch, batch_posts
from mhkd.post import Post
from mhkd.predictions import pad_id


def prepare_passes(members: Members, post: Post) -> dict[str, Action]:
    """One pass of each model over a post, with everything that they read made before.

    Args:
        members: the models.
        post: a post with its sound.

    Raises:
        InputError: the post has no sound.
    """
    if post.recording is None:
        raise InputError("The audio teacher is timed over a post with sound; this one has none.")
    device = members.device
    read = {
        name: batch_posts([encode_post(member.tokenizer, post.text)], pad_id(member), device)
        for name, member in (("student", members.student), ("text", members.text))
    }
    words = batch_words([encode_words(members.emotion.vocabulary, post.text)], device)
    sound = encode_sound(members.audio.extractor, resample(post.recording))
    features, heard = sound.features.to(device), sound.samples_heard.to(device)
    of_post = torch.zeros(len(heard), dtype=torch.long, device=device)
    return {
        "student": _infer(lambda: members.student.model(read["student"])),
        "text": _infer(lambda: members.text.model(read["text"])),
        "emotion": _infer(lambda: members.emotion.model(words)),
        "audio": _infer(lambda: members.audio.model(features, heard, of_post)),
    }


def _infer(action: Action) -> Action:
    return torch.inference_mode()(action)


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

    return _infer(lambda: member.model(batch))
