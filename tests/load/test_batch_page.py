"""L5 on the page: a long file, answered in a session; memory does not grow with the rows."""

from __future__ import annotations

import csv
import io
import re

import pytest

from tests.attack.visitor import Server
from tests.load.conftest import Amount, tell
from tests.load.reader import Reader
from tests.tiny import POST

pytestmark = pytest.mark.load
_ANSWERED = re.compile(r"([\d,]+) of ([\d,]+) rows")


def _write_posts(rows: int) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(["id", "text"])
    writer.writerows((row, " ".join([POST] * (1 + row % 7))) for row in range(rows))
    return stream.getvalue().encode()


def test_memory_is_flat_over_a_long_batch_on_the_page(server: Server, amount: Amount) -> None:
    reader = Reader.enter(server.port)
    reader.analyse(POST)  # opens the models
    reader.open_batch("posts.csv", _write_posts(amount.rows))
    assert f"{amount.rows:,} rows, 2 columns" in reader.read()
    reader.click("Estimate the time")
    reader.follow()
    memory: list[tuple[int, float]] = []

    def note() -> None:
        for element in reader.page.values():
            found = _ANSWERED.search(element.progress.text)
            if found is not None and found[2] == f"{amount.rows:,}":
                memory.append((int(found[1].replace(",", "")), server.memory_mb()))

    reader.click("Start")
    page = reader.follow(note, within_s=3_000)
    assert "Results" in page and "The batch stopped" not in page
    begun = next(mb for rows, mb in memory if rows >= amount.rows / 10)
    grown_mb = max(mb for _, mb in memory) - begun
    assert memory[-1][0] > amount.rows / 4, "the page tells seldom how far it is"
    assert grown_mb <= 50
    assert server.memory_mb() - begun <= 100, "with the results on the screen"
    reader.click("Forget this batch")
    assert "posts.csv" not in reader.read()
    tell(f"L5 on the page: {amount.rows:,} rows, {grown_mb:+.0f} MB after the first tenth")
    assert reader.errors == 0
    reader.leave()
