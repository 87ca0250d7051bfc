"""What the models say about many posts: for evaluation, without explanations."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from mhkd.analysis import MODELS, TEACHERS
from mhkd.answers import Floats, Ints, TextAnswers
from mhkd.audio.features import resample
from mhkd.audio.speak import open_voice, speak_post
from mhkd.errors import InputError
from mhkd.manifest import Manifest
from mhkd.models.audio import encode_sound
from mhkd.models.encoded import EncodedPost, encode_post
from mhkd.models.family import predict_family
from mhkd.models.members import FamiliarRegion, Members, TextMember
from mhkd.models.parts import stop_if_cancelled
from mhkd.models.text import TextBatch, batch_posts
from mhkd.predictions import (
    Probabilities,
    answer_emotion,
    answer_sound,
    calibrate,
    encode_with_lower,
    measure_distances,
    pad_id,
)

_POSITIONS_AT_ONCE = 2048


@dataclass(frozen=True, eq=False)
class BatchRequest:
    """Posts to be classified by the models of one bundle.

    Attributes:
        on_done: called with a model's name and the number of its posts that are done.
        cancel: looked at before each batch.
        on_spoken: called for each post that the audio teacher is asked about, with the seconds
            of its speech that were heard; 0 where no voice can say it.
        on_read: called for each model of text, with its name and the sub-words of each post that
            reach it and that there are, shape (posts, 2).
    """

    members: Members
    manifest: Manifest
    texts: Sequence[str]
    on_done: Callable[[str, int], None]
    cancel: threading.Event | None = None
    on_spoken: Callable[[float], None] = lambda _: None
    on_read: Callable[[str, Ints], None] = lambda *_: None


def predict_posts(request: BatchRequest, models: Sequence[str]) -> dict[str, Probabilities]:
    """Calibrated probabilities, model → shape (posts, classes).

    A post that no voice can say has no audio: its row for ``audio`` is the audio teacher's
    mean output on training posts, and ``teachers`` is the mean of the other two.

    Args:
        request: the posts.
        models: among ``mhkd.analysis.MODELS``.

    Raises:
        InputError: no posts, or a model of another name.
        Cancelled: ``cancel`` was set.
    """
    unknown = sorted(set(models) - set(MODELS))
    if unknown:
        raise InputError(f"There is no model '{unknown[0]}'. Models: {', '.join(MODELS)}.")
    if not request.texts:
        raise InputError("There are no posts: expected at least one.")
    needed = set(models) | (set(TEACHERS) if "teachers" in models else set())
    found = {name: _predict(request, name) for name in ("student", *TEACHERS) if name in needed}
    if "audio" in needed:
        heard = ~np.isnan(found["audio"])
        if "teachers" in models:
            found["teachers"] = np.nanmean([found[name] for name in TEACHERS], axis=0)
        found["audio"] = np.where(heard, found["audio"], _mean_output(request.manifest))
    return {name: found[name] for name in models}


def predict_text_batches(request: BatchRequest, name: str, member: TextMember) -> Probabilities:
    """A text model's probabilities, shape (posts, classes), in batches of like length."""
    found: dict[int, Probabilities] = {}
    for rows, batch in _batch_texts(request, name, member):
        with torch.inference_mode():
            logits = member.model(batch)
        found |= zip(rows, calibrate(logits, member.temperature), strict=True)
        request.on_done(name, len(found))
    return np.stack([found[row] for row in range(len(request.texts))])


@dataclass(frozen=True, eq=False)
class FamiliarAnswers:
    """The student's answers, and how far each post lies from those it learned from.

    Attributes:
        probabilities: shape (posts, classes).
        distances: as ``Familiarity.distance``, shape (posts,).
    """

    probabilities: Probabilities
    distances: Floats


def predict_familiar_batches(request: BatchRequest, region: FamiliarRegion) -> FamiliarAnswers:
    """The student's answers and the distances of its posts, from one pass of the frozen layers."""
    member = request.members.student
    found: dict[int, Probabilities] = {}
    distances = np.zeros(len(request.texts))
    for rows, batch in _batch_texts(request, "student", member):
        with torch.inference_mode():
            embeddings = member.model.embed(batch.input_ids)
            lower, upper = encode_with_lower(member, embeddings, batch.attention_mask)
            logits = member.model.classify(member.model.pool(upper, batch))
        distances[rows] = measure_distances(region, lower, batch)
        found |= zip(rows, calibrate(logits, member.temperature), strict=True)
        request.on_done("student", len(found))
    return FamiliarAnswers(np.stack([found[row] for row in range(len(distances))]), distances)


def predict_family_batches(request: BatchRequest) -> Probabilities:
    """Probabilities by every student of the family, shape (students, posts, classes).

    Raises:
        InputError: the bundle has no such students.
    """
    family, student = request.members.family, request.members.student
    if family is None:
        raise InputError("This bundle has no students of subsets of the teachers.")
    posts = [encode_post(student.tokenizer, text) for text in request.texts]
    found: dict[int, Probabilities] = {}
    for rows in _batches_of_like_length(posts):
        batch = batch_posts([posts[row] for row in rows], pad_id(student), request.members.device)
        answers = predict_family(family, batch, request.cancel)
        found |= {row: answers[:, place] for place, row in enumerate(rows)}
        request.on_done("students", len(found))
    return np.stack([found[row] for row in range(len(posts))], axis=1)


def answer_posts(request: BatchRequest, models: Sequence[str], *, familiar: bool) -> TextAnswers:
    """``predict_posts``, and what is found on the way.

    Args:
        request: the posts.
        models: among ``mhkd.analysis.MODELS``.
        familiar: measure how far each post lies from those that the student learned from, where
            the student is asked and the bundle can tell.

    Raises:
        InputError: no posts, or a model of another name.
        Cancelled: ``cancel`` was set.
    """
    spoken: list[float] = []
    tokens: dict[str, Ints] = {}
    noting = replace(request, on_spoken=spoken.append, on_read=tokens.__setitem__)
    region = request.members.familiar
    if not (familiar and region is not None and request.texts and "student" in models):
        found = predict_posts(noting, models)
        distances = None
    else:
        others = [name for name in models if name != "student"]
        found = predict_posts(noting, others)
        student = predict_familiar_batches(noting, region)
        found["student"], distances = student.probabilities, student.distances
    spoken_s = np.array(spoken) if spoken else None
    return TextAnswers({name: found[name] for name in models}, distances, spoken_s, tokens)


def _batch_texts(
    request: BatchRequest, name: str, member: TextMember
) -> Iterator[tuple[list[int], TextBatch]]:
    """Rows and their batch, in batches of like length."""
    posts = [encode_post(member.tokenizer, text) for text in request.texts]
    request.on_read(name, np.array([(post.tokens_read, post.tokens_total) for post in posts]))
    for rows in _batches_of_like_length(posts):
        stop_if_cancelled(request.cancel)
        chosen = [posts[row] for row in rows]
        yield rows, batch_posts(chosen, pad_id(member), request.members.device)


def _predict(request: BatchRequest, name: str) -> Probabilities:
    members = request.members
    if name in ("student", "text"):
        member = members.student if name == "student" else members.text
        return predict_text_batches(request, name, member)
    answer = _answer_spoken if name == "audio" else _answer_emotion
    rows = []
    for place, text in enumerate(request.texts, start=1):
        stop_if_cancelled(request.cancel)
        rows.append(answer(request, text))
        request.on_done(name, place)
    return np.stack(rows)


def _answer_emotion(request: BatchRequest, text: str) -> Probabilities:
    return answer_emotion(request.members.emotion, text).probabilities


def _answer_spoken(request: BatchRequest, text: str) -> Probabilities:
    settings, member = request.manifest.audio, request.members.audio
    recording = speak_post(
        text, open_voice(settings.voice), max_words=settings.spoken_words, cancel=request.cancel
    )
    if recording is None:
        request.on_spoken(0.0)
        return np.full(len(request.manifest.labels), np.nan)
    sound = encode_sound(member.extractor, resample(recording))
    request.on_spoken(min(recording.duration_s, sound.seconds_heard))
    return answer_sound(member, sound, request.cancel).probabilities


def _mean_output(manifest: Manifest) -> Probabilities:
    outputs: Mapping[str, float] = manifest.mean_outputs["audio"]
    return np.array([outputs[label] for label in manifest.labels])


def _batches_of_like_length(posts: Sequence[EncodedPost]) -> list[list[int]]:
    order = sorted(range(len(posts)), key=lambda row: (posts[row].input_ids.shape[1], row))
    batches: list[list[int]] = []
    windows = 0
    for row in order:
        windows += len(posts[row].input_ids)
        if not batches or windows * posts[row].input_ids.shape[1] > _POSITIONS_AT_ONCE:
            batches.append([])
            windows = len(posts[row].input_ids)
        batches[-1].append(row)
    return batches
