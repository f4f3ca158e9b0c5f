"""Every way to lose a right leaves its row in the transaction that takes the right away: what open sockets end by.

That a socket ends by such a row, within a second, is tests/chat/live/test_revocation.py. A call of `revoke()` that is not in the table below
fails, and so does a way without its row.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Final
from uuid import UUID

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.test import Client, RequestFactory
from django.utils import timezone

from chat.models import Block, Conversation, Status, Visitor, VisitorToken
from chat.retention.visitors.erasing import erase_visitor
from chat.services import blocking
from chat.services.visitors import TOKEN_LIFE, forget_session, new_session, store_visitor, token_digest
from security.accounts import people, sessions
from security.accounts.ending import SessionsAdapter
from security.masking import mask_or_withhold
from security.models import RevocationKind, User
from security.permissions import Grant, Permission
from security.revocation import revoked_since, session_digest
from security.scoping import tenant_scope
from tenants.models import Department, DepartmentRole, Membership, Role, Site
from tenants.services import departments
from tenants.services.networks import change_networks
from tenants.services.people import members
from tenants.services.platform import accounts, entering
from tenants.services.rights import department_roles, roles
from tenants.services.settings import change_site
from tenants.services.sign_in.provider import remove_provider
from tenants.services.tenancy import suspend_tenant
from tests import cast
from tests.cast import Organisation
from tests.sources import PROJECT, modules
from tests.url_objects import provider

pytestmark = pytest.mark.django_db

Way = Callable[[Organisation], str]
"""Takes a right of Alice's away; the name of what has lost it."""
PASSWORD: Final = "another-long-one-of-hers-7"


def signing_out(acme: Organisation) -> str:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = acme.session("alice")
    assert client.post("/accounts/logout/").status_code == 302
    return session_digest(acme.session("alice"))


def signing_out_everywhere(acme: Organisation) -> str:
    acme.session("alice")
    people.end_sessions(acme.user("alice"))
    assert not UserSession.objects.filter(user=acme.user("alice")).exists()
    return str(acme.user("alice").public_id)


def ending_a_session_of_the_list(acme: Organisation) -> str:
    acme.session("alice")
    with tenant_scope(acme.tenant_id):
        SessionsAdapter().end_sessions(UserSession.objects.filter(user=acme.user("alice")))
    return session_digest(acme.session("alice"))


def a_new_key_of_the_session(acme: Organisation) -> str:
    old = acme.session("alice")
    request = RequestFactory().get("/")
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(old)
    sessions.renew_key(request)
    return session_digest(old)


def networks_that_leave_her_out(acme: Organisation) -> str:
    olga = acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        change_networks(grant=olga, networks=["198.51.100.0/24"], address="198.51.100.7", is_sure=False)
    return str(acme.grant("alice").membership_public_id)


def a_new_password(acme: Organisation) -> str:
    people.change_password(user=acme.user("alice"), password=PASSWORD)
    return str(acme.user("alice").public_id)


def a_reset_by_mail(acme: Organisation) -> str:
    acme.session("alice")
    alice, client = acme.user("alice"), Client()
    link = f"/accounts/password/reset/key/{user_pk_to_url_str(alice)}-{default_token_generator.make_token(alice)}/"
    form = client.get(link, follow=True)
    sent = client.post(form.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})
    assert sent.status_code == 302
    assert not UserSession.objects.filter(user=alice).exists()
    return str(alice.public_id)


def by_olga(act: Callable[..., object], **extra: object) -> Way:
    def way(acme: Organisation) -> str:
        acme.session("alice")
        grant, alice = acme.grant("olga"), acme.member("alice")
        with tenant_scope(acme.tenant_id):
            act(grant=grant, member=alice.public_id, **extra)
        return str(alice.public_id)

    return way


def _without_departments(*, grant: Grant, member: UUID) -> None:
    members.change_member(grant=grant, member=member, name="Alice", capacity=None, departments=())


def _out_of_a_department(*, grant: Grant, member: UUID) -> None:
    support = Department.objects.get()
    kept = [
        row.membership for row in support.in_members.select_related("membership").exclude(membership__public_id=member)
    ]
    departments.change_department(grant=grant, department=support, name="Support", members=kept)


def _a_role_of_hers(acme: Organisation, name: str) -> Role:
    """Given by hand, so that nothing was revoked before the way is gone."""
    alice = acme.member("alice")
    with tenant_scope(acme.tenant_id):
        rights = [Permission.CHAT_SEE_OWN.value, Permission.CHAT_REPLY.value]
        role = Role.objects.create(slug=name, name=name, permissions=rights)
        Membership.objects.filter(pk=alice.pk).update(role=role)
        return role


def _a_role_in_sales(acme: Organisation) -> tuple[Department, DepartmentRole]:
    alice, sales = acme.member("alice"), acme.add_department("Sales")
    with tenant_scope(acme.tenant_id):
        place = Department.objects.get(public_id=sales)
        supervisor = Role.objects.get(slug="supervisor")
        return place, DepartmentRole.objects.create(membership=alice, department=place, role=supervisor)


def a_role_that_is_changed(acme: Organisation) -> str:
    role, grant = _a_role_of_hers(acme, "night"), acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        rights = frozenset({Permission.CHAT_SEE_OWN})
        roles.edit_role(grant=grant, role=role.public_id, name="night", description="", permissions=rights)
    return str(acme.member("alice").public_id)


def a_role_that_is_removed(acme: Organisation) -> str:
    role, grant = _a_role_of_hers(acme, "night"), acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        roles.remove_role(grant=grant, role=role.public_id, to=Role.objects.get(slug="analyst").public_id)
    return str(acme.member("alice").public_id)


def a_role_on_a_department_given(acme: Organisation) -> str:
    sales, grant, alice = acme.add_department("Sales"), acme.grant("olga"), acme.member("alice").public_id
    with tenant_scope(acme.tenant_id):
        role = Role.objects.get(slug="supervisor").public_id
        department_roles.grant_role(grant=grant, member=alice, department=sales, role=role)
    return str(alice)


def a_role_on_a_department_withdrawn(acme: Organisation) -> str:
    (_, row), grant, alice = _a_role_in_sales(acme), acme.grant("olga"), acme.member("alice").public_id
    with tenant_scope(acme.tenant_id):
        department_roles.withdraw_role(grant=grant, member=alice, held=row.public_id)
    return str(alice)


def a_department_that_is_deleted(acme: Organisation) -> str:
    (sales, _), grant = _a_role_in_sales(acme), acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        departments.delete_department(grant=grant, department=sales)
    return str(acme.member("alice").public_id)


def suspending_the_tenant(acme: Organisation) -> str:
    with tenant_scope(acme.tenant_id):
        suspend_tenant()
    return str(acme.public_id)


def switching_a_site_off(acme: Organisation) -> str:
    grant = acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        site = Site.objects.get()
        site.is_active = False
        change_site(grant=grant, site=site, fields=["is_active"])
    return str(site.public_id)


def forgetting_a_visitor(acme: Organisation) -> str:
    visitor, token = _known(acme)
    with tenant_scope(acme.tenant_id):
        forget_session(site_id=visitor.site_id, token=token)
    return token_digest(token).hex()[:32]


def erasing_a_visitor(acme: Organisation) -> str:
    visitor, token = _known(acme)
    olga, name = acme.grant("olga"), "Acme"
    with tenant_scope(acme.tenant_id):
        erase_visitor(grant=olga, visitor=visitor.public_id, typed=name, now=timezone.now())
    return token_digest(token).hex()[:32]


def _known(acme: Organisation) -> tuple[Visitor, str]:
    session = new_session()
    assert session.token
    with tenant_scope(acme.tenant_id):
        visitor = Visitor.objects.create(site=Site.objects.get())
        until = timezone.now() + TOKEN_LIFE
        VisitorToken.objects.create(visitor=visitor, digest=token_digest(session.token), expires_at=until)
    return visitor, session.token


def locking_the_account(acme: Organisation) -> str:
    acme.session("alice")
    oscar = User.objects.create_superuser("oscar@platform.example", None, full_name="Oscar")
    why, alice = mask_or_withhold("The address was taken over"), acme.user("alice")
    accounts.lock_account(operator=oscar, person=alice.public_id, reason=why, now=timezone.now())
    assert not UserSession.objects.filter(user=alice).exists()
    return str(alice.public_id)


def an_operators_end(acme: Organisation) -> str:
    oscar = User.objects.create_superuser("oscar@platform.example", None, full_name="Oscar")
    now, why = timezone.now(), mask_or_withhold("A look at their trail")
    stay = timedelta(minutes=15)
    with tenant_scope(acme.tenant_id):
        entry = entering.ask_to_enter(operator=oscar, role="auditor", reason=why, stay=stay, now=now)
        entering.leave(operator=oscar, entry=entry.public_id, now=now)
        return str(Membership.objects.get(user=oscar).public_id)


def a_password_asked_of_all(acme: Organisation) -> str:
    grant, alice = acme.grant("olga"), acme.member("alice")
    with tenant_scope(acme.tenant_id):
        members.require_password_change_of_all(grant=grant)
    return str(alice.public_id)


def blocking_a_visitor(acme: Organisation) -> str:
    visitor, _ = _blocked(acme)
    return str(visitor.public_id)


def blocking_an_address(acme: Organisation) -> str:
    _, block = _blocked(acme)
    assert block.address_digest is not None
    return blocking.address_subject(bytes(block.address_digest))


def _blocked(acme: Organisation) -> tuple[Visitor, Block]:
    sam, now = acme.grant("sam"), timezone.now()
    with tenant_scope(acme.tenant_id):
        site = Site.objects.get()
        visitor = store_visitor(new_session(), site_id=site.pk, locale="", page=None, address="203.0.113.7", now=now)
        on = Conversation.objects.create(site=site, visitor=visitor, status=Status.CLOSED.value).public_id
        block = blocking.block_visitor(grant=sam, conversation=on, reason=None, days=None, address=True, now=now)
    return visitor, block


def removing_the_provider(acme: Organisation) -> str:
    with tenant_scope(acme.tenant_id):
        provider(acme)
        remove_provider(grant=acme.grant("olga"))
    return str(acme.member("alice").public_id)


WAYS: Final[dict[str, tuple[Way, RevocationKind, str]]] = {
    "signing out": (signing_out, RevocationKind.SESSION, "end_sockets_of_session"),
    "signing out everywhere": (signing_out_everywhere, RevocationKind.USER, "end_sessions"),
    "ending a session of the list": (ending_a_session_of_the_list, RevocationKind.SESSION, "_end"),
    "a new key of the session": (a_new_key_of_the_session, RevocationKind.SESSION, "renew_key"),
    "networks that leave her out": (networks_that_leave_her_out, RevocationKind.MEMBERSHIP, "change_networks"),
    "a new password": (a_new_password, RevocationKind.USER, "change_password"),
    "a reset by mail": (a_reset_by_mail, RevocationKind.USER, "end_sessions"),
    "a lock by an operator": (locking_the_account, RevocationKind.USER, "end_sessions"),
    "suspension": (by_olga(members.suspend_member), RevocationKind.MEMBERSHIP, "suspend_member"),
    "removal": (by_olga(members.remove_member), RevocationKind.MEMBERSHIP, "remove_member"),
    "another role": (by_olga(members.change_role, role="analyst"), RevocationKind.MEMBERSHIP, "change_role"),
    "sessions ended by an admin": (by_olga(members.end_member_sessions), RevocationKind.MEMBERSHIP, "end_member_sessions"),
    "a password asked for": (by_olga(members.require_password_change), RevocationKind.MEMBERSHIP, "require_password_change"),
    "a password asked of all": (a_password_asked_of_all, RevocationKind.MEMBERSHIP, "require_password_change_of_all"),
    "out of all departments": (by_olga(_without_departments), RevocationKind.MEMBERSHIP, "put_in_departments"),
    "out of a department": (by_olga(_out_of_a_department), RevocationKind.MEMBERSHIP, "_put"),
    "an operator's stay that ends": (an_operators_end, RevocationKind.MEMBERSHIP, "close_entry"),
    "a role that is changed": (a_role_that_is_changed, RevocationKind.MEMBERSHIP, "end_sockets_of"),
    "a role that is removed": (a_role_that_is_removed, RevocationKind.MEMBERSHIP, "end_sockets_of"),
    "a role on a department given": (a_role_on_a_department_given, RevocationKind.MEMBERSHIP, "end_sockets_of"),
    "a role on a department withdrawn": (a_role_on_a_department_withdrawn, RevocationKind.MEMBERSHIP, "end_sockets_of"),
    "the provider's sessions": (removing_the_provider, RevocationKind.MEMBERSHIP, "end_provided_sessions"),
    "a department that is deleted": (a_department_that_is_deleted, RevocationKind.MEMBERSHIP, "end_sockets_of"),
    "the tenant's suspension": (suspending_the_tenant, RevocationKind.TENANT, "suspend_tenant"),
    "a site that is switched off": (switching_a_site_off, RevocationKind.SITE, "change_site"),
    "a visitor who is forgotten": (forgetting_a_visitor, RevocationKind.VISITOR, "forget_session"),
    "a visitor who is erased": (erasing_a_visitor, RevocationKind.VISITOR, "_forget"),
    "a visitor who is blocked": (blocking_a_visitor, RevocationKind.VISITOR, "block_visitor"),
    "an address that is blocked": (blocking_an_address, RevocationKind.ADDRESS, "block_visitor"),
}  # fmt: skip
"""Way, kind of the row, and the function that calls `revoke()`."""
NO_RIGHT: Final = {"activate": "new rules for masking, which sockets take up and stay"}


@pytest.mark.parametrize("name", WAYS)
def test_the_way_leaves_its_row(name: str) -> None:
    acme = cast.acme()
    before = timezone.now() - timedelta(seconds=1)
    way, kind, _ = WAYS[name]
    subject = way(acme)
    assert (kind, subject) in {(revoked.kind, revoked.subject) for revoked in revoked_since(before)}


def test_every_call_of_revoke_is_one_of_the_ways() -> None:
    found = set()
    for module in modules():
        tree = ast.parse((PROJECT / module).read_text())
        for outer in tree.body:
            if isinstance(outer, ast.FunctionDef | ast.ClassDef) and _revokes(outer):
                found.add(outer.name)
    assert found == {function for _, _, function in WAYS.values()} | NO_RIGHT.keys()


def _revokes(outer: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "revoke"
        for node in ast.walk(outer)
    )
