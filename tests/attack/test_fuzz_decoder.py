"""A4 to A12 by the hundred: mutated recordings. ``make fuzz`` runs 10,000 of them."""

from __future__ import annotations

import sys

import pytest

from mhkd.audio.decode import read_recording
from tests.attack.fuzz_decoder import measure_process, open_nursery, read_mutant
from tests.attack.mutants import make_recordings, mutate, read_corpus

_BLOCKS, _IN_A_BLOCK = 6, 50


@pytest.fixture(scope="module")
def files() -> list[bytes]:
    return [*make_recordings(), *read_corpus()]


@pytest.mark.skipif(sys.platform != "linux", reason="children are forked and measured in /proc")
@pytest.mark.parametrize("block", range(_BLOCKS))
def test_mutants_give_a_recording_or_a_refusal(files: list[bytes], block: int) -> None:
    before = measure_process()
    with open_nursery() as nursery:
        outcomes = [
            read_mutant(mutate(files, number))
            for number in range(block * _IN_A_BLOCK, (block + 1) * _IN_A_BLOCK)
        ]
    after = measure_process()
    assert {"recording", "refused"} == set(outcomes)
    assert "stopped after the wall time" not in nursery.endings
    assert after[1] == before[1]
    assert after[0] - before[0] < 60


@pytest.mark.parametrize("number", range(1_000, 1_006))
def test_the_nursery_answers_as_the_decoder_does(files: list[bytes], number: int) -> None:
    """Through a process of its own, as the app does it."""
    mutant = mutate(files, number)
    with open_nursery():
        expected = read_mutant(mutant)
    assert read_mutant(mutant) == expected


def test_a_mutant_is_the_same_each_time(files: list[bytes]) -> None:
    assert mutate(files, 7) == mutate(files, 7)
    assert len({mutate(files, number) for number in range(50)}) > 45
    with open_nursery():
        assert read_recording(files[1]).duration_s == pytest.approx(0.4)
