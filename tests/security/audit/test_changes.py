from datetime import UTC, datetime

from auditlog.models import LogEntry

from chat.models import Visitor
from security.audit import changes_of, record_change, snapshot
from security.audit.details import Opener
from security.audit.registry import Action
from security.crypto.sealed import SealedData
from security.models import User
from security.scoping import tenant_scope
from tenants.models import Department, Membership, Site
from tests.security.audit.conftest import ACME, events_of


def test_only_changed_fields_are_told_with_before_and_after() -> None:
    before = Site(name="Shop", allowed_origins=["https://a.example"], brand_color="#000000")
    after = snapshot(before)
    after.name, after.allowed_origins = "Store", ["https://a.example", "https://b.example"]
    assert changes_of(before, after) == {
        "name": ("Shop", "Store"),
        "allowed_origins": (["https://a.example"], ["https://a.example", "https://b.example"]),
    }


def test_a_snapshot_keeps_what_was() -> None:
    site = Site(name="Shop")
    before = snapshot(site)
    site.name = "Store"
    assert before.name == "Shop"


def test_secrets_ciphertext_and_digests_are_masked() -> None:
    before = Visitor(profile=SealedData(b"\xffcipher"), email_digest=b"\xfe" * 32, external_id_digest=None)
    after = Visitor(profile=SealedData(b"\xffother"), email_digest=None, external_id_digest=b"\xfd" * 32)
    after.public_id, after.created_at, after.seen_at = before.public_id, before.created_at, before.seen_at
    assert changes_of(before, after) == {
        "profile": ("•••", "•••"),
        "email_digest": ("•••", None),
        "external_id_digest": (None, "•••"),
    }
    user = User(email="a@acme.example", password="argon2-old")
    later = snapshot(user)
    later.password = "argon2-new"
    assert changes_of(user, later) == {"password": ("•••", "•••")}


def test_creation_and_deletion_tell_what_a_person_entered() -> None:
    department = Department(name="Sales", is_default=True)
    assert changes_of(None, department) == {"name": (None, "Sales"), "is_default": (None, True)}
    assert changes_of(department, None)["name"][0] == "Sales"
    assert changes_of(None, None) == {}


def test_times_are_compared_as_moments() -> None:
    before = Membership(expires_at=None)
    after = snapshot(before)
    after.expires_at = datetime(2026, 1, 31, tzinfo=UTC)
    assert set(changes_of(before, after)) == {"expires_at"}


def test_record_change_leaves_one_event_and_none_for_a_save_that_changed_nothing() -> None:
    before = Department(name="Sales")
    after = snapshot(before)
    with tenant_scope(ACME):
        assert record_change(Action.DEPARTMENT_CHANGED, before=before, after=after) == {}
        after.name = "Support"
        record_change(Action.DEPARTMENT_CHANGED, before=before, after=after)
        record_change(Action.DEPARTMENT_DELETED, before=after, after=None)
    changed, deleted = events_of(ACME)
    assert (changed.object_id, deleted.action) == (before.public_id, "department.deleted")
    with tenant_scope(ACME):
        assert Opener().values_of(changed)["about"] == {"label": "Support", "changes": {"name": ["Sales", "Support"]}}


def test_auditlogs_own_table_stays_empty() -> None:
    with tenant_scope(ACME):
        record_change(Action.DEPARTMENT_CREATED, before=None, after=Department(name="Sales"))
        User.objects.create_user("bob@acme.example", full_name="Bob")
    assert not LogEntry.objects.exists()
