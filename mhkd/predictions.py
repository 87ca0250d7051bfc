"""What each model of a bundle says about a post, and how much of it was read."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from mhkd.analysis import Familiarity, Prediction, Read
from mhkd.models.audio import EncodedSound, FrameSums, pool_frames
from mhkd.models.emotion import batch_words, encode_words
from mhkd.models.encoded import encode_post
from mhkd.models.members import AudioMember, EmotionMember, FamiliarRegion, SoundRegion, TextMember
from mhkd.models.parts import encode_in_parts, run_in_parts, stop_if_cancelled
from mhkd.models.text import TextBatch, batch_posts, encode_layers, join_layers, pool_tokens

Probabilities = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Answer:
    """One model's answer to one post.

    Attributes:
        logits: as the model gives them, float64, shape (classes,).
        probabilities: calibrated, float64, shape (classes,).
        read: what was read, or None for sound.
    """

    logits: npt.NDArray[np.float64]
    probabilities: Probabilities
    read: Read | None

    def to_prediction(self, labels: Sequence[str]) -> Prediction:
        """The answer by label."""
        return Prediction(
            dict(zip(labels, self.probabilities.tolist(), strict=True)),
            dict(zip(labels, self.logits.tolist(), strict=True)),
        )


def answer_text(member: TextMember, text: str, cancel: threading.Event | None = None) -> Answer:
    """Reads a post with the text teacher or the student.

    Raises:
        Cancelled: ``cancel`` was set; looked at before each window.
    """
    post = encode_post(member.tokenizer, text)
    model = member.model
    with torch.inference_mode():
        batch = batch_posts([post], pad_id(member), model.head.weight.device)
        embeddings = model.embed(batch.input_ids)
        hidden = encode_in_parts(model, embeddings, batch.attention_mask, cancel)
        logits = model.classify(model.pool(hidden, batch))
    return _answer(logits, member.temperature, Read(post.tokens_total, post.tokens_read))


@dataclass(frozen=True, eq=False)
class ReadByStudent:
    """A post in the student, read once for all who need its states.

    Attributes:
        read: tokens read of tokens given.
        batch: the post's windows.
        lower: states after the layers that training left alone, shape (windows, tokens, width).
        upper: states that the head reads, shape (windows, tokens, width · layers).
    """

    read: Read
    batch: TextBatch
    lower: torch.Tensor
    upper: torch.Tensor


def read_as_student(
    student: TextMember, text: str, cancel: threading.Event | None = None
) -> ReadByStudent:
    """Passes a post through the student.

    Raises:
        Cancelled: ``cancel`` was set; looked at before each window.
    """
    post, model = encode_post(student.tokenizer, text), student.model

    def encode(embeddings: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        return torch.cat(encode_with_lower(student, embeddings, attention_mask), dim=-1)

    with torch.inference_mode():
        batch = batch_posts([post], pad_id(student), model.head.weight.device)
        embeddings = model.embed(batch.input_ids)
        states = run_in_parts(encode, embeddings, batch.attention_mask, cancel)
        lower, upper = states.tensor_split([embeddings.shape[-1]], dim=-1)
    return ReadByStudent(Read(post.tokens_total, post.tokens_read), batch, lower, upper)


def encode_with_lower(
    student: TextMember, embeddings: torch.Tensor, attention_mask: torch.Tensor
) -> list[torch.Tensor]:
    """Both states of ``ReadByStudent`` in one pass, the lower ones first.

    They are float32 also where the encoder computes in less.
    """
    model = student.model
    found = model.encoder(
        inputs_embeds=embeddings.to(model.encoder.dtype),
        attention_mask=attention_mask,
        output_hidden_states=True,
    )
    upper = join_layers(found, model.pooled_layers)
    return [found.hidden_states[student.frozen_layers].float(), upper.float()]


def answer_student(student: TextMember, read: ReadByStudent) -> Answer:
    """The student's answer to a post that it has read; the same as ``answer_text``."""
    with torch.inference_mode():
        logits = student.model.classify(student.model.pool(read.upper, read.batch))
    return _answer(logits, student.temperature, read.read)


def pool_sound(
    member: AudioMember, sound: EncodedSound, cancel: threading.Event | None = None
) -> torch.Tensor:
    """Hears a recording: mean states of every layer, shape (1, layers, width).

    Raises:
        Cancelled: ``cancel`` was set; looked at before each window.
    """
    model = member.model
    device = model.network.device
    with torch.inference_mode():
        parts = []
        for window in range(len(sound.features)):
            stop_if_cancelled(cancel)
            chosen = slice(window, window + 1)
            parts.append(
                model.sum_frames(
                    sound.features[chosen].to(device), sound.samples_heard[chosen].to(device)
                )
            )
        frames = FrameSums(
            torch.cat([part.sums for part in parts]), torch.cat([part.counts for part in parts])
        )
        return pool_frames(frames, torch.zeros(len(parts), dtype=torch.long, device=device))


def answer_sound(
    member: AudioMember, sound: EncodedSound, cancel: threading.Event | None = None
) -> Answer:
    """Hears a recording with the audio teacher; raises as ``pool_sound`` does."""
    return answer_pooled(member, pool_sound(member, sound, cancel))


def answer_pooled(member: AudioMember, pooled: torch.Tensor) -> Answer:
    """The audio teacher's answer to what ``pool_sound`` gave."""
    with torch.inference_mode():
        logits = member.model.classify(pooled)
    return _answer(logits, member.temperature, None)


def measure_sound_familiarity(
    region: SoundRegion, member: AudioMember, pooled: torch.Tensor
) -> Familiarity:
    """How far a sound lies from those that the audio teacher learned from: Mahalanobis distance."""
    with torch.inference_mode():
        moved = (member.model.project(pooled)[0] - region.mean) @ region.whitening  # (width,)
        distance = float(moved.norm()) / len(moved) ** 0.5
    return Familiarity(distance, region.threshold, distance > region.threshold)


def answer_emotion(member: EmotionMember, text: str) -> Answer:
    """Reads the words of a post with the emotion teacher."""
    words = encode_words(member.vocabulary, text)
    with torch.inference_mode():
        logits = member.model(batch_words([words], member.model.embedding.weight.device))
    return _answer(logits, member.temperature, Read(words.words_total, words.words_read))


def measure_familiarity(region: FamiliarRegion, read: ReadByStudent) -> Familiarity:
    """How far a post lies from the training posts: cosine distance of sentence embeddings."""
    distance = float(measure_distances(region, read.lower, read.batch)[0])
    return Familiarity(distance, region.threshold, distance > region.threshold)


def measure_distances(
    region: FamiliarRegion, lower: torch.Tensor, batch: TextBatch
) -> npt.NDArray[np.float64]:
    """``Familiarity.distance`` of the posts of a batch, shape (posts,).

    Args:
        region: where the training posts lie.
        lower: states after the student's frozen layers, shape (windows, tokens, width).
        batch: the posts.
    """
    with torch.inference_mode():
        lower = lower.to(region.upper.dtype)
        states = encode_layers(region.upper, lower, batch.attention_mask, 1).float()
        pooled = pool_tokens(states, batch.attention_mask, batch.post_index, batch.posts)
        near = torch.nn.functional.normalize(pooled, dim=-1) @ region.centre  # (posts,)
    distances: npt.NDArray[np.float64] = 1 - near.double().cpu().numpy()
    return distances


def calibrate(logits: torch.Tensor, temperature: float) -> Probabilities:
    """``softmax(logits / temperature)``, shape (posts, classes)."""
    found: Probabilities = (logits.double() / temperature).softmax(-1).cpu().numpy()
    return found


def _answer(logits: torch.Tensor, temperature: float, read: Read | None) -> Answer:
    return Answer(logits[0].double().cpu().numpy(), calibrate(logits, temperature)[0], read)


def pad_id(member: TextMember) -> int:
    """The token that fills a window up."""
    return int(member.tokenizer.pad_token_id or 0)
