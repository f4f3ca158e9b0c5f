"""An account is closed: announced, undone, held, and on its day nothing of it is left anywhere that we keep."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import pairwise
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from chat.models import Closing, Conversation, Erasure, LegalHold, OrganisationExport, Visitor
from chat.personal import Profile, seal_profile
from chat.retention import closing, exporting
from chat.retention.closing import ask_to_close, close, read_closing, reapply_closing, undo_closing
from chat.retention.holds import place_hold
from chat.retention.run import Found, run
from chat.retention.visitors.copying import copy_erasures
from chat.retention.visitors.erasing import erased
from security.errors import Conflict, Denied, Invalid
from security.masking import mask
from security.models import AuditEvent, User
from security.scoping import PLATFORM_TENANT_ID, tenant_scope
from security.stores.folder import Folder
from tenants.models import Tenant, TenantStatus
from tenants.services.tenancy import resume_tenant
from tests.cast import Organisation
from tests.leaks.places import database_dump, memory
from tests.services import session

from .talks import NOW, closed, live

CANARY = "zqleaving7b1f"
_OF_TENANTS = """
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
"""


def announce(of: Organisation, days: int = 30, typed: str = "Acme", who: str = "olga") -> None:
    grant = of.grant(who)
    with tenant_scope(of.tenant_id):
        ask_to_close(grant=grant, days=days, typed=typed)


def let_its_day_come(of: Organisation) -> None:
    """As time does: nobody else may."""
    services, database = session.current()
    with services.superuser(database) as everything:
        everything.execute("SET session_replication_role = replica")
        everything.execute("UPDATE chat_closing SET due_at = now() WHERE tenant_id = %s", [of.tenant_id])


def rows_of(of: Organisation) -> dict[str, int]:
    """How many rows of each table are this organisation's, past every policy."""
    services, database = session.current()
    with services.superuser(database) as everything:
        tables = [row[0] for row in everything.execute(_OF_TENANTS)]
        counts = {
            table: (
                everything.execute(f"SELECT count(*) FROM {table} WHERE tenant_id = %s", [of.tenant_id]).fetchone()
                or (0,)
            )[0]
            for table in tables
        }
        counts["tenants_tenant"] = (
            everything.execute("SELECT count(*) FROM tenants_tenant WHERE id = %s", [of.tenant_id]).fetchone() or (0,)
        )[0]
    return {table: count for table, count in counts.items() if count}


def events(of: Organisation, action: str) -> int:
    with tenant_scope(of.tenant_id):
        return AuditEvent.objects.filter(action=action).count()


@pytest.fixture
def full(acme: Organisation, archive: Folder) -> Organisation:
    """With something in every place: the archive, an export, a visitor's data, who was erased."""
    closed(acme, f"{CANARY} archived")
    closed(acme, f"{CANARY} as well")
    gone = closed(acme, f"{CANARY} erased")
    with tenant_scope(acme.tenant_id):
        erased(Conversation.objects.get(public_id=gone).visitor, now=NOW)
    run(acme.tenant_id, NOW, store=archive)
    copy_erasures(acme.tenant_id, archive, now=NOW)
    closed(acme, f"{CANARY} live", last=NOW)
    olga = acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        Tenant.objects.update(name=f"Acme {CANARY}")
        visitor = Visitor.objects.order_by("-pk")[0]
        visitor.profile = seal_profile(visitor.public_id, Profile(name=CANARY))
        visitor.save(update_fields=["profile"])
        made = exporting.begin_export(grant=olga, now=timezone.now())
    assert exporting.carry_out(acme.tenant_id, made.public_id, store=archive, clock=timezone.now)
    return acme


def test_on_its_day_nothing_of_it_is_left(full: Organisation, rival: Organisation, archive: Folder) -> None:
    theirs = closed(rival, "Theirs", last=NOW)
    before = rows_of(rival)
    announce(full, typed=f"Acme {CANARY}")
    with tenant_scope(full.tenant_id):
        public_id = str(Tenant.objects.get().public_id)
    assert not close(full.tenant_id, store=archive, now=timezone.now()), "its day has not come"
    assert len(list(archive.base.rglob("*.cp?"))) > 1
    let_its_day_come(full)
    assert close(full.tenant_id, store=archive, now=timezone.now())
    assert rows_of(full) == {}
    assert not User.objects.filter(email__endswith="@acme.example").exists()
    assert User.objects.filter(email="mallory@rival.example").exists()
    places = {**database_dump(), **memory()}
    words = [word.encode() for word in (CANARY, "acme.example", "Acme ", "olga")]
    assert [(name, word) for name, content in places.items() for word in words if word in content] == []
    assert {name for name, content in places.items() if public_id.encode() in content} <= {
        "dump:public.security_auditevent",
        "dump:public.security_revocation",
    }
    assert [path.parent.name for path in archive.base.rglob("*") if path.is_file()] == ["closed"]
    assert (rows_of(rival), live(rival)) == (before, {theirs: ["Theirs"]})
    with tenant_scope(PLATFORM_TENANT_ID):
        assert AuditEvent.objects.filter(action="tenant.closed").count() == 1


def test_who_announces_it_types_the_name_and_all_owners_are_told(acme: Organisation) -> None:
    with pytest.raises(Invalid, match="typed_name"):
        announce(acme, typed="acne")
    with pytest.raises(Invalid, match="closing_days"):
        announce(acme, days=6)
    announce(acme)
    with pytest.raises(Conflict, match="closing_waits"):
        announce(acme)
    assert events(acme, "tenant.closing_asked") == 1


@pytest.mark.parametrize("who", ["ada", "sam", "audrey"])
def test_only_owners_see_announce_and_undo_it(acme: Organisation, who: str) -> None:
    announce(acme)
    grant = acme.grant(who)
    for act in (read_closing, undo_closing):
        with pytest.raises(Denied), tenant_scope(acme.tenant_id):
            act(grant=grant)
    with pytest.raises(Denied):
        announce(acme, who=who)


def test_until_then_it_is_undone_and_the_account_stays(
    acme: Organisation, rival: Organisation, archive: Folder
) -> None:
    announce(acme)
    theirs = rival.grant("mallory")
    with pytest.raises(Conflict, match="closing_begun"), tenant_scope(rival.tenant_id):
        undo_closing(grant=theirs)
    let_its_day_come(acme)
    olga = acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        undo_closing(grant=olga)
    assert not close(acme.tenant_id, store=archive, now=timezone.now())
    with tenant_scope(acme.tenant_id):
        assert Tenant.objects.get().status == TenantStatus.ACTIVE.value
    assert events(acme, "tenant.closing_undone") == 1


def test_a_legal_hold_beats_it_before_and_on_its_day(acme: Organisation, archive: Folder) -> None:
    old = closed(acme, "Evidence", last=NOW)
    announce(acme)
    olga = acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        place_hold(grant=olga, reason=mask("A dispute"), now=NOW, conversation=old)
    let_its_day_come(acme)
    assert not close(acme.tenant_id, store=archive, now=timezone.now())
    assert live(acme) == {old: ["Evidence"]}
    with pytest.raises(DatabaseError, match="held"), tenant_scope(acme.tenant_id), connection.cursor() as cursor:
        cursor.execute("SELECT closing_begin()")
    olga = acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        undo_closing(grant=olga)
    with pytest.raises(Conflict, match="closing_held"):
        announce(acme)
    with tenant_scope(acme.tenant_id):
        LegalHold.objects.update(released_at=NOW)
    announce(acme)


def test_while_a_worker_is_at_the_archive_it_does_not_begin(acme: Organisation, archive: Folder) -> None:
    announce(acme)
    let_its_day_come(acme)
    olga = acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        row = exporting.begin_export(grant=olga, now=timezone.now())
        type(row).objects.update(leased_until=timezone.now() + exporting.LEASE)
    assert not close(acme.tenant_id, store=archive, now=timezone.now())


_SHORTER = {
    "an earlier day": "UPDATE chat_closing SET due_at = now()",
    "begun before its day": "UPDATE chat_closing SET begun_at = now()",
    "a row of one's own": "INSERT INTO chat_closing (tenant_id, public_id, asked_at, due_at) VALUES ({0}, gen_random_uuid(), now(), now())",
    "the trail without it": "DELETE FROM security_auditevent WHERE tenant_id = {0}",
    "the trail's head": "DELETE FROM security_audithead WHERE tenant_id = {0}",
    "all at once": "SELECT closing_finish()",
    "keys and messages": "SELECT closing_sweep(1)",
}


def told(alias: str, of: Organisation, statement: str) -> str:
    """What PostgreSQL says to who tries it in the organisation's scope; "" where it lets him."""
    try:
        with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(of.tenant_id)])
            cursor.execute(statement.format(of.tenant_id))
    except DatabaseError as refused:
        return str(refused)
    return ""


@pytest.mark.parametrize("alias", ["default", "owner"])
def test_neither_the_application_nor_the_tables_owner_shortens_it(acme: Organisation, alias: str) -> None:
    announce(acme)
    assert [what for what, statement in _SHORTER.items() if not told(alias, acme, statement)] == []
    assert rows_of(acme)["security_auditevent"]


class Broken(Folder):
    """Breaks off at the first object that is taken away."""

    def delete(self, name: str) -> None:
        raise OSError(name)


def test_broken_off_it_goes_on_and_nobody_else_touches_what_is_left(full: Organisation, archive: Folder) -> None:
    announce(full, typed=f"Acme {CANARY}")
    let_its_day_come(full)
    with pytest.raises(OSError, match="cpa"):
        close(full.tenant_id, store=Broken(archive.base), now=timezone.now())
    with tenant_scope(full.tenant_id):
        assert Tenant.objects.get().status == TenantStatus.SUSPENDED.value
        assert Closing.objects.get().begun_at is not None
        with pytest.raises(Conflict, match="is_closing"):
            resume_tenant(reason="They asked for it")
        Erasure.objects.update(copied_at=None)
        left = OrganisationExport.objects.get()
        OrganisationExport.objects.update(state="running", leased_until=None)
    before = {path: path.stat().st_mtime_ns for path in archive.base.rglob("*")}
    assert run(full.tenant_id, NOW.replace(year=2040), store=archive) == Found()
    assert not exporting.carry_out(full.tenant_id, left.public_id, store=archive, clock=timezone.now)
    assert exporting.sweep_exports(full.tenant_id, store=archive, now=timezone.now() + 2 * exporting.KEPT_FOR) == 0
    assert copy_erasures(full.tenant_id, archive, now=NOW) == 0
    assert {path: path.stat().st_mtime_ns for path in archive.base.rglob("*")} == before
    assert close(full.tenant_id, store=archive, now=timezone.now())
    assert rows_of(full) == {}


def watching(word: str, seen: Callable[[], None]) -> AbstractContextManager[None]:
    """`seen` is called before each statement that holds the word."""

    def watch(run: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if word in sql:
            seen()
        return run(sql, *rest)

    return connection.execute_wrapper(watch)


def test_a_large_one_is_swept_bit_by_bit_keys_first_and_the_rest_may_take_long(
    full: Organisation, archive: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "_AT_ONCE", 1)
    announce(full, typed=f"Acme {CANARY}")
    let_its_day_come(full)
    left: list[dict[str, int]] = []
    allowed: list[str] = []

    def look() -> None:
        left.append(rows_of(full))
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            allowed.append(cursor.fetchone()[0])

    with watching("SELECT closing_", look):
        assert close(full.tenant_id, store=archive, now=timezone.now())
    begun, *sweeps, finished = left
    assert allowed == ["15s", *["20min"] * (len(allowed) - 1)]
    assert all(sum(before.values()) - sum(after.values()) == 1 for before, after in pairwise([*sweeps, finished][:-1]))
    keys = [rows.get("security_subjectkey", 0) for rows in sweeps]
    assert keys[0] > 1
    assert all(
        rows["chat_message"] == begun["chat_message"] for rows, left_keys in zip(sweeps, keys, strict=True) if left_keys
    )
    assert {table for table in finished if table.startswith("chat_")} == {
        "chat_archivechunk",
        "chat_closing",
        "chat_erasure",
        "chat_organisationexport",
    }


def test_the_platforms_trail_says_so_only_where_it_was_done(full: Organisation, archive: Folder) -> None:
    announce(full, typed=f"Acme {CANARY}")
    let_its_day_come(full)

    def fail() -> None:
        raise DatabaseError("canceling statement due to statement timeout")

    with watching("closing_finish", fail), pytest.raises(DatabaseError, match="canceling"):
        close(full.tenant_id, store=archive, now=timezone.now())
    assert rows_of(full)["tenants_tenant"] == 1
    with tenant_scope(PLATFORM_TENANT_ID):
        assert not AuditEvent.objects.filter(action="tenant.closed").exists()
    assert close(full.tenant_id, store=archive, now=timezone.now())
    with tenant_scope(PLATFORM_TENANT_ID):
        event = AuditEvent.objects.get(action="tenant.closed")
    assert '"objects":0' not in event.entry.replace(" ", ""), "what the first one took away is counted"


def test_of_two_workers_one_closes_it(full: Organisation, archive: Folder) -> None:
    announce(full, typed=f"Acme {CANARY}")
    let_its_day_come(full)
    services, database = session.current()
    with services.superuser(database) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended('chat.retention.closing', %s))", [full.tenant_id])
        assert not close(full.tenant_id, store=archive, now=timezone.now())
        other.execute("SELECT pg_advisory_unlock_all()")  # a connection that was closed lets go a moment later
    finished: list[bool] = []

    class Overtaken(Folder):
        def delete(self, name: str) -> None:
            if not finished:
                finished.append(close(full.tenant_id, store=archive, now=timezone.now()))
            super().delete(name)

    assert not close(full.tenant_id, store=Overtaken(archive.base), now=timezone.now())
    assert finished == [True]
    with tenant_scope(PLATFORM_TENANT_ID):
        assert AuditEvent.objects.filter(action="tenant.closed").count() == 1


def test_who_comes_back_with_a_backup_is_shut_and_closed_again(acme: Organisation, archive: Folder) -> None:
    with tenant_scope(acme.tenant_id):
        assert reapply_closing(store=archive) is None
        mark = closing.name_of_mark(Tenant.objects.get().public_id)
    archive.write(mark, b"{}")
    archive.named(mark)
    allowed: list[str] = []

    class Slow(Folder):
        def read(self, name: str, *, most: int, offset: int = 0) -> bytes:
            with connection.cursor() as cursor:
                cursor.execute("SHOW idle_in_transaction_session_timeout")
                allowed.append(cursor.fetchone()[0])
            return super().read(name, most=most, offset=offset)

    with tenant_scope(acme.tenant_id):
        due = reapply_closing(store=Slow(archive.base))
        assert reapply_closing(store=archive) == due
        assert Tenant.objects.get().status == TenantStatus.SUSPENDED.value
    assert allowed == ["5min"], "a store that answers slowly does not end the transaction"
    assert due is not None
    assert (due - timezone.now()).days == closing.SOONEST
