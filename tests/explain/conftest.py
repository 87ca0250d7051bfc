"""The tiny bundle's models, loaded once."""

from __future__ import annotations

import pytest

from mhkd.bundle import Bundle, load_bundle
from mhkd.models.members import Members
from tests.tiny import build_tiny_bundle


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return load_bundle(build_tiny_bundle(tmp_path_factory.mktemp("explained")))


@pytest.fixture(scope="session")
def members(bundle: Bundle) -> Members:
    return bundle.load_members("cpu")
