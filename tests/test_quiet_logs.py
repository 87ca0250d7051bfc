"""Log records without the message of an exception."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from mhkd.quiet_logs import name_fault, quieten_logs


@pytest.fixture
def quiet() -> Iterator[list[logging.LogRecord]]:
    before = logging.getLogRecordFactory()
    quieten_logs()
    records: list[logging.LogRecord] = []
    listener = SimpleNamespace(level=0, handle=records.append)
    logger = logging.getLogger("tests.quiet")
    logger.addHandler(listener)  # type: ignore[arg-type]
    yield records
    logger.removeHandler(listener)  # type: ignore[arg-type]
    logging.setLogRecordFactory(before)


def test_logs_name_a_fault_and_never_its_message(quiet: list[logging.LogRecord]) -> None:
    logger = logging.getLogger("tests.quiet")
    try:
        raise ValueError("the grey\nwinter")
    except ValueError as fault:
        logger.exception("It failed: %s", fault)
        logger.error(fault)
        logger.error("failed", exc_info=fault)
    told = [logging.Formatter().format(record) for record in quiet]
    assert len(told) == 3
    assert not any("winter" in line or "Traceback" in line for line in told)
    assert all("ValueError at tests/test_quiet_logs.py:" in line for line in told)
    assert told[0].startswith("It failed: ValueError")


def test_a_record_without_fault_is_as_it_was(quiet: list[logging.LogRecord]) -> None:
    logging.getLogger("tests.quiet").warning("%s of %d", "a", 3)
    assert quiet[0].getMessage() == "a of 3"


def test_a_fault_that_was_never_raised_has_no_place() -> None:
    assert name_fault(KeyError("secret")) == "KeyError"
