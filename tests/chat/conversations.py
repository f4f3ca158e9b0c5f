"""Tenants with conversations in them, for tests below the services: rows and keys as a first message would leave them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from chat.live.protocol.shapes import Author, AuthorKind
from chat.models import Conversation, Status, Visitor
from security.crypto import keyring
from security.models import KeySubject, User
from security.scoping import tenant_scope
from tenants.models import Membership, Role, Site, Tenant


@dataclass(frozen=True, slots=True)
class Talk:
    """One open conversation: Vera's (or another visitor's), assigned to an agent of the same tenant."""

    tenant_id: int
    pk: int
    public_id: UUID
    visitor: Author
    agent: Author
    note: Author

    def row(self) -> Conversation:
        """The row as it is now."""
        with tenant_scope(self.tenant_id):
            return Conversation.objects.get(pk=self.pk)


@dataclass(frozen=True, slots=True)
class House:
    """A tenant with one site and one agent."""

    tenant_id: int
    site_pk: int
    agent: Membership

    def talk(
        self,
        visitor_name: str = "Vera",
        status: Status = Status.OPEN,
        of: Talk | None = None,
        *,
        is_unstored: bool = False,
    ) -> Talk:
        """Begin a conversation that has no message yet; a new visitor's, or the one's of another conversation."""
        with tenant_scope(self.tenant_id):
            earlier = None if of is None else Conversation.objects.select_related("visitor").get(pk=of.pk)
            visitor = earlier.visitor if earlier else Visitor.objects.create(site_id=self.site_pk)
            conversation = Conversation.objects.create(
                site_id=self.site_pk,
                visitor=visitor,
                status=status.value,
                assigned_to=self.agent,
                is_unstored=is_unstored,
            )
            if not is_unstored:
                keyring.data_key(KeySubject.CONVERSATION, conversation.public_id)
        agent = self.agent.public_id
        return Talk(
            tenant_id=self.tenant_id,
            pk=conversation.pk,
            public_id=conversation.public_id,
            visitor=Author(AuthorKind.VISITOR, visitor.public_id, visitor_name),
            agent=Author(AuthorKind.AGENT, agent, self.agent.name),
            note=Author(AuthorKind.NOTE, agent, self.agent.name),
        )


def house(slug: str, agent_name: str) -> House:
    """A new tenant."""
    user = User.objects.create(email=f"{uuid.uuid4().hex}@{slug}.example", full_name=agent_name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('tenants_tenant', 'id'))")
        (tenant_id,) = cursor.fetchone()
    with tenant_scope(tenant_id):
        Tenant.objects.create(pk=tenant_id, slug=slug, name=slug.title())
        site = Site.objects.create(key=f"pk_{slug}", name=slug.title())
        role = Role.objects.create(slug="agent", name="Agent")
        agent = Membership.objects.create(user=user, role=role, name=agent_name)
    return House(tenant_id, site.pk, agent)


def spoil(talk: Talk, table: str, column: str, where: str, value: int | UUID) -> None:
    """As somebody does who can write to the table: the last byte becomes another."""
    with tenant_scope(talk.tenant_id), connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {column} = set_byte({column}, length({column}) - 1,"
            f" get_byte({column}, length({column}) - 1) # 1) WHERE {where} = %s",
            [value],
        )
        assert cursor.rowcount == 1
