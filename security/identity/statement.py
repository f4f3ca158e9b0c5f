"""What a provider said of a person, once all of it was checked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LEEWAY: Final = timedelta(seconds=60)
"""How far a provider's clock may be from ours."""
FRESH_WITHIN: Final = timedelta(minutes=5)
"""How long ago somebody may have signed in there who is asked again."""
LONGEST: Final = 255
"""Characters of a subject or a name."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One person, as one provider names him. `methods` says how he signed in there, in the provider's words."""

    subject: str
    email: str
    is_email_verified: bool
    name: str
    methods: frozenset[str]
    signed_in_at: datetime | None
