"""That what the tests of many readers count as an error is seen at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attack.visitor import serving
from tests.load.reader import Reader, list_faults
from tests.tiny import POST

pytestmark = pytest.mark.load


def test_a_part_of_the_page_that_could_not_be_drawn_is_an_error(tmp_path: Path) -> None:
    with serving(tmp_path / "log.txt", MHKD_EXAMPLE="raising") as server:
        reader = Reader.enter(server.port)
        assert reader.errors == 0 and list_faults(server.logged()) == []
        reader.analyse(POST)
        assert reader.errors > 0
        assert any(
            "ValueError at app/example_page.py" in told for told in list_faults(server.logged())
        )
        reader.leave()
