"""Several processes that train together, as torchrun starts them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
from torch import distributed
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

_PATIENCE = timedelta(days=2)  # one process may speak the corpus while the others wait


def asked_processes() -> int:
    """How many torchrun started, whether they have met or not; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def join_processes() -> None:
    """Meets the other processes if torchrun started this one; else does nothing.

    Processes that torchrun starts again share its store with those that died, and would look
    for these where they no longer are: each start has names of its own there.
    """
    if asked_processes() > 1 and not distributed.is_initialized():
        if torch.cuda.is_available():
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
        store, rank, size = next(rendezvous("env://"))
        start = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
        distributed.init_process_group(
            backend,
            store=PrefixStore(f"start {start}", store),
            rank=rank,
            world_size=size,
            timeout=_PATIENCE,
        )


def leave_processes() -> None:
    """Waits for the other processes and parts from them; one that ends early ends the others."""
    wait_for_others()
    if distributed.is_initialized():
        distributed.destroy_process_group()


def count_processes() -> int:
    """How many train together; 1 without torchrun."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def is_first() -> bool:
    """Whether this process writes and speaks for all."""
    return not distributed.is_initialized() or distributed.get_rank() == 0


def agree(answer: bool) -> bool:
    """The first process's answer, in all of them."""
    if count_processes() == 1:
        return answer
    told = torch.tensor([answer])
    distributed.broadcast(told, src=0)
    return bool(told.item())


def wait_for_others() -> None:
    """Returns when every process has come here."""
    agree(True)
    if count_processes() > 1:
        total = torch.zeros(1)
        distributed.all_reduce(total)


@contextmanager
def first_alone() -> Iterator[None]:
    """Lets the first process through before the others, which then find what it wrote."""
    if not is_first():
        wait_for_others()
    yield
    if is_first():
        wait_for_others()
