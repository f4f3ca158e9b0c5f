"""The line that says an operator is in here: on every page of the organisation's administration, and in its console."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from django.http import HttpRequest

from security.permissions import Permission, has
from tenants.guards import grant_of_request
from tenants.services.platform.entering import Visit, visits


def here(request: HttpRequest) -> dict[str, object]:
    """Context processor: `visits`, asked for once by the pages that show it, and whether the entries' page is this person's."""
    grant = grant_of_request(request)

    def found() -> list[Visit]:
        return [] if grant is None else visits(grant=grant)

    asked: Callable[[], list[Visit]] = cache(found)
    return {"visits": asked, "may_end_visits": grant is not None and has(grant, Permission.CONFIGURATION_MEMBERS)}
