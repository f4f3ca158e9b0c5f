"""What allauth does not promise to keep: the few of its inner functions that we call, all of them here.

Danger: a new version of it means something else by one of them, and a way in goes past a stage, a limit or a second factor. Rule: nobody else
imports from `allauth.*.internal`; the version that was looked at is named, and another one fails a test until somebody has looked again.
Proof: tests/security/accounts/test_allauth_internal.py.
"""

from __future__ import annotations

from typing import Final

from allauth.account.internal.flows.login import get_authentication_records, perform_login, record_authentication
from allauth.account.internal.stagekit import clear_login
from allauth.core.internal import ratelimit

__all__ = [
    "LOOKED_AT",
    "clear_login",
    "get_authentication_records",
    "perform_login",
    "ratelimit",
    "record_authentication",
]

LOOKED_AT: Final = "65.21.1"
"""Looked at: who records an authentication and what is in the record; that `perform_login` goes through every stage and signal; that a login that
waits for a stage is forgotten with `clear_login`; that `ratelimit.consume` counts questions by GET where it is told to."""
