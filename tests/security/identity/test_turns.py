"""A slow provider keeps a few waiting, not the whole platform."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from security.errors import Denied
from security.identity.turns import AT_ONCE, turn


def test_so_many_speak_with_one_provider_and_others_with_another() -> None:
    with ExitStack() as waiting:
        for _ in range(AT_ONCE):
            waiting.enter_context(turn("slow"))
        with pytest.raises(Denied, match="provider_busy"), turn("slow"):
            pass
        with turn("another"):
            pass
    with turn("slow"):
        pass
