"""Every seeded leak, by the lock that it opens. A leak is found by its name or by its number, counted from 1."""

from __future__ import annotations

from typing import Final

from .leak import Leak
from .leaks_chat import CHAT
from .leaks_database import DATABASE
from .leaks_platform import PLATFORM
from .leaks_reports import REPORTS
from .leaks_retention import RETENTION
from .leaks_revocation import REVOCATION
from .leaks_rights import RIGHTS
from .leaks_tenants import TENANTS
from .leaks_unstored import UNSTORED

LEAKS: Final[tuple[Leak, ...]] = (
    *DATABASE,
    *TENANTS,
    *RIGHTS,
    *CHAT,
    *REVOCATION,
    *PLATFORM,
    *REPORTS,
    *RETENTION,
    *UNSTORED,
)
