"""The two organisations of `tests.tenants.organisations`, and an operator."""

import pytest

from security.models import User
from tests.tenants.organisations import acme, nothing_remembered, rival

from .people import operator

__all__ = ["acme", "nothing_remembered", "rival"]


@pytest.fixture
def oscar(db: None) -> User:
    """Works for the platform; belongs to no organisation."""
    return operator("oscar")
