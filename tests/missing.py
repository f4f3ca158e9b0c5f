"""What a test needs and the machine does not have."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Leave the test out with this sentence; where nothing may be left out (`CI=true`), fail with it."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)
