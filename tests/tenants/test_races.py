"""Two who act at the same moment: each is answered, as if one had come after the other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Queue
from threading import Event
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.utils import timezone

from chat.services.canned_responses import keep_own_response
from security.crypto import keyring
from security.errors import Conflict, Denied
from security.masking import mask
from security.permissions import Permission
from security.scoping import tenant_scope
from tenants.models import Department, MaskingDraft, MaskingVersion, Membership, MembershipStatus, Role
from tenants.rules import Rule, RuleKind
from tenants.services import change_role, remove_member, suspend_member
from tenants.services.departments import make_default
from tenants.services.masking import drafting
from tenants.services.masking.reading import read_rulebook
from tenants.services.rights.roles import edit_role

from .people import Organisation, organisation


@pytest.fixture
def acme(committed_db: None) -> Organisation:
    keyring.forget_everything()
    acme = organisation("acme", "olga")
    acme.join("oscar", "owner")
    return acme


def begun(pool: ThreadPoolExecutor, of: Organisation, work: Callable[[], object]) -> Future[object]:
    """Work in a thread and a transaction of its own, once it waits for a row that this one holds."""
    pids: Queue[int] = Queue()

    def run() -> object:
        try:
            with tenant_scope(of.tenant_id):
                pids.put(connection.connection.info.backend_pid)
                return work()
        finally:
            connections.close_all()

    future = pool.submit(run)
    pid = pids.get(timeout=30)
    while not future.done() and not is_waiting(pid):
        Event().wait(0.01)
    return future


def is_waiting(pid: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [pid])
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize(
    "act",
    [suspend_member, remove_member, lambda **who: change_role(**who, role="analyst")],
    ids=["suspend", "remove", "demote"],
)
def test_two_owners_who_act_on_each_other(acme: Organisation, act: Callable[..., Membership]) -> None:
    """Whoever comes second is refused, as he would be the last; neither waits for the other for ever."""
    olga, oscar = acme.member("olga"), acme.member("oscar")
    by_olga, by_oscar = acme.grant("olga"), acme.grant("oscar")
    with ThreadPoolExecutor(2) as pool:
        with tenant_scope(acme.tenant_id):
            Membership.objects.select_for_update().get(pk=olga.pk)
            first = begun(pool, acme, lambda: act(grant=by_oscar, member=olga.public_id))
            second = begun(pool, acme, lambda: act(grant=by_olga, member=oscar.public_id))
            assert not first.done()
            assert not second.done()
        assert [future.exception(timeout=30) for future in (first,)] == [None]
        assert isinstance(second.exception(timeout=30), Denied), "She is no owner any more by the time it is her turn"
    oscar = acme.member("oscar")
    assert (oscar.role.slug, oscar.status) == ("owner", MembershipStatus.ACTIVE.value)


def test_a_double_click_keeps_one_canned_response_and_says_so(acme: Organisation) -> None:
    olga = acme.grant("olga")

    def keep() -> object:
        return keep_own_response(grant=olga, shortcut="mine", title=mask("Mine"), text=mask("As I say"))

    with ThreadPoolExecutor(1) as pool:
        with tenant_scope(acme.tenant_id):
            keep()
            second = begun(pool, acme, keep)
            assert not second.done()
        refused = second.exception(timeout=30)
    assert isinstance(refused, Conflict)
    assert refused.code == "shortcut_own"


def test_who_is_demoted_while_he_gives_gives_nothing(acme: Organisation) -> None:
    """Ada was an administrator when she clicked."""
    acme.join("ada", "admin")
    max_ = acme.join("max", "agent")
    olga, ada, hers = acme.grant("olga"), acme.grant("ada"), acme.member("ada").public_id
    with ThreadPoolExecutor(1) as pool:
        with tenant_scope(acme.tenant_id):
            change_role(grant=olga, member=hers, role="agent")
            later = begun(pool, acme, lambda: change_role(grant=ada, member=max_.public_id, role="admin"))
            assert not later.done()
        assert isinstance(later.exception(timeout=30), Denied)
    assert acme.member("max").role.slug == "agent"


def test_a_role_that_is_raised_while_it_is_given_is_given_by_nobody_who_holds_less(acme: Organisation) -> None:
    """Mia gives a role that she holds; by the time it is her turn it holds more."""
    with tenant_scope(acme.tenant_id):
        manage = [Permission.CHAT_SEE_OWN.value, Permission.CONFIGURATION_MEMBERS.value]
        Role.objects.create(slug="manager", name="Manager", permissions=manage)
        role = Role.objects.create(slug="looker", name="Looker", permissions=manage[:1])
    acme.join("mia", "manager")
    max_ = acme.join("max", "agent")
    with tenant_scope(acme.tenant_id):
        Membership.objects.filter(pk=max_.pk).update(role=role)
        other = Role.objects.create(slug="other", name="Other", permissions=manage[:1])
    olga, mia = acme.grant("olga"), acme.grant("mia")
    more = frozenset({Permission.CHAT_SEE_OWN, Permission.CHAT_REPLY})
    with ThreadPoolExecutor(1) as pool:
        with tenant_scope(acme.tenant_id):
            edit_role(grant=olga, role=other.public_id, name="Other", description="", permissions=more)
            later = begun(pool, acme, lambda: change_role(grant=mia, member=max_.public_id, role="other"))
            assert not later.done()
        assert isinstance(later.exception(timeout=30), Denied)
    assert acme.member("max").role.slug == "looker"


def test_two_who_choose_the_default_department(acme: Organisation) -> None:
    grant = acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        sales, support = (Department.objects.create(name=name) for name in ("Sales", "Support 2"))
    with ThreadPoolExecutor(1) as pool:
        with tenant_scope(acme.tenant_id):
            make_default(grant=grant, department=sales)
            later = begun(pool, acme, lambda: make_default(grant=grant, department=support))
            assert not later.done()
        assert later.exception(timeout=30) is None
    with tenant_scope(acme.tenant_id):
        assert Department.objects.get(is_default=True) == support


def test_two_who_activate_at_once_make_one_version(acme: Organisation) -> None:
    olga, oscar, now = acme.grant("olga"), acme.grant("oscar"), timezone.now()
    rule = Rule(public_id=uuid4(), name="Staff", kind=RuleKind.FORMAT, value=("EMP-######",))
    with tenant_scope(acme.tenant_id):
        drafting.add_rule(grant=olga, rule=rule)
        revision = MaskingDraft.objects.get().revision
    with ThreadPoolExecutor(1) as pool:
        with tenant_scope(acme.tenant_id):
            assert drafting.activate(grant=olga, revision=revision, now=now).number == 2
            other = begun(pool, acme, lambda: drafting.activate(grant=oscar, revision=revision, now=now))
        with pytest.raises(Conflict, match="nothing_to_activate"):
            other.result()
    with tenant_scope(acme.tenant_id):
        assert list(MaskingVersion.objects.values_list("number", flat=True)) == [2]


def test_two_who_draft_at_once_lose_nothing(acme: Organisation) -> None:
    olga, oscar = acme.grant("olga"), acme.grant("oscar")
    first, second = (
        Rule(public_id=uuid4(), name=name, kind=RuleKind.FORMAT, value=(f"{name}-##",)) for name in ("A", "B")
    )
    with ThreadPoolExecutor(1) as pool:
        with tenant_scope(acme.tenant_id):
            drafting.add_rule(grant=olga, rule=first)
            other = begun(pool, acme, lambda: drafting.add_rule(grant=oscar, rule=second))
        other.result()
    with tenant_scope(acme.tenant_id):
        draft = read_rulebook(grant=olga).draft
    assert draft is not None
    assert [rule.name for rule in draft.rules] == ["A", "B"]
