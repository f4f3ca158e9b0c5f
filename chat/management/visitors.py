"""Finding a visitor among the organisations, for commands."""

from __future__ import annotations

from uuid import UUID

from django.core.management.base import CommandError, CommandParser

from chat.retention.visitors.commanded import is_known
from security.errors import NotFound
from security.scoping import tenant_scope
from tenants.selection import Selected, selected_tenants


def add_visitor(parser: CommandParser) -> None:
    """Whose data it is."""
    parser.add_argument("visitor", metavar="ID", type=UUID)
    parser.add_argument("--tenant", metavar="SLUG", help="look in this organisation only")


def where_is(visitor: UUID, tenant: str | None) -> Selected:
    """The organisation that knows this visitor."""
    try:
        selected = selected_tenants(tenant)
    except NotFound:
        raise CommandError(f"There is no tenant {tenant!r}.", returncode=2) from None
    for each in selected:
        with tenant_scope(each.id):
            if is_known(visitor):
                return each
    raise CommandError("No organisation knows this visitor.", returncode=1)
