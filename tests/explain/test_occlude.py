"""Occlusion against a post that was masked by hand; spans; what is skipped."""

from __future__ import annotations

import threading

import pytest
import torch

from mhkd.errors import Cancelled
from mhkd.explain.contrast import contrast
from mhkd.explain.occlude import Occluder
from mhkd.explain.words import explain_words, fall_back
from mhkd.models.encoded import encode_post
from mhkd.models.members import Members, TextMember
from mhkd.models.text import batch_posts
from tests.tiny import LABELS, POST
from tests.unchanged import fingerprint

LONG = " ".join(f"Walk {number}: so tired, and good." for number in range(90))


def _occluder(member: TextMember, text: str, cancel: threading.Event | None = None) -> Occluder:
    post = encode_post(member.tokenizer, text)
    masked = member.model.embed(torch.tensor([member.tokenizer.mask_token_id]))[0]
    return Occluder(member, text, post, masked, 1, cancel)


def _output(member: TextMember, text: str, hidden: range) -> float:
    """The output with the characters in ``hidden`` masked, written another way: by token ids."""
    post = encode_post(member.tokenizer, text)
    batch = batch_posts([post], int(member.tokenizer.pad_token_id), torch.device("cpu"))
    for window in range(len(post.input_ids)):
        for token, (start, _) in enumerate(post.offsets[window].tolist()):
            if not post.special_mask[window, token] and start in hidden:
                batch.input_ids[window, token] = member.tokenizer.mask_token_id
    with torch.no_grad():
        return float(contrast(member.model(batch), 1))


@pytest.mark.parametrize("text", [POST, LONG], ids=["words", "sentences in windows"])
def test_a_score_is_what_masking_changes(members: Members, text: str) -> None:
    found = _occluder(members.text, text).occlude()
    assert found.unit == ("word" if text is POST else "sentence")
    whole = _output(members.text, text, range(0))
    for part in (found.scores[0], found.scores[-2], found.scores[-1]):
        expected = whole - _output(members.text, text, range(part.start, part.end))
        assert part.score == pytest.approx(expected, abs=1e-4)


def test_a_mask_token_is_a_dummy(members: Members) -> None:
    found = _occluder(members.student, "I feel [MASK] and alone").occlude()
    scores = {part.text: part.score for part in found.scores}
    assert scores["[MASK]"] == pytest.approx(0.0, abs=1e-5)
    assert abs(scores["alone"]) > 1e-3


def test_all_present_and_none(members: Members) -> None:
    occluder = _occluder(members.student, POST)
    every = torch.ones(1, len(occluder.spans))
    found = occluder(torch.cat([every, 0 * every])).tolist()
    assert found[0] == pytest.approx(_output(members.student, POST, range(0)), abs=1e-5)
    assert found[1] == pytest.approx(_output(members.student, POST, range(len(POST))), abs=1e-5)


def test_fallback_says_what_it_is(members: Members) -> None:
    found = explain_words(members.student, POST, LABELS, "suicide")
    occlusion = _occluder(members.student, POST).occlude()
    other = fall_back(found, occlusion, "[MASK]")
    assert other.fallback and not found.fallback
    assert other.words == occlusion.scores
    assert "occlusion of words" in other.method
    assert "one word" in other.baseline


def test_the_model_is_unchanged_also_when_stopped(members: Members) -> None:
    before = fingerprint(members.text.model)
    _occluder(members.text, POST).occlude()
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        _occluder(members.text, POST, cancel)
    assert fingerprint(members.text.model) == before


def test_no_set_is_run_twice_and_padding_never(
    members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = encode_post(members.text.tokenizer, LONG)
    lengths = set(post.attention_mask.sum(1).tolist())
    assert len(lengths) > 1  # the last window is padded
    seen: list[torch.Size] = []
    encode = members.text.model.encode

    def counted(embeddings: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        assert bool(mask.all())
        seen.append(embeddings.shape)
        return encode(embeddings, mask)

    monkeypatch.setattr(members.text.model, "encode", counted)
    occluder = _occluder(members.text, LONG)
    first = occluder.occlude()
    assert {shape[1] for shape in seen} == lengths
    count = len(seen)
    assert occluder.occlude().scores == first.scores
    assert len(seen) == count
