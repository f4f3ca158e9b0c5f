"""Sealed columns hold what was sealed for them, and refuse every way around it."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.core import serializers
from django.core.exceptions import FieldError
from django.db import transaction
from django.db.models import F, Value

from chat.models import Visitor
from security.crypto import keyring
from security.crypto.envelope import AAD_VERSION, new_key, record_aad
from security.crypto.sealed import SealedData, open_data, seal_data, seal_text
from security.masking import mask
from security.models import KeySubject
from security.scoping import tenant_scope
from tenants.models import Site, Tenant

ACME = 81
VERA = UUID("5e7a0000-0000-4000-8000-000000000001")


def sealed(value: str, field: str = "profile") -> SealedData:
    place = record_aad(AAD_VERSION, ACME, "visitor", VERA, field)
    return seal_data(value, keyring.data_key(KeySubject.VISITOR, VERA), place)


def opened(value: bytes, field: str = "profile") -> str:
    place = record_aad(AAD_VERSION, ACME, "visitor", VERA, field)
    return open_data(value, keyring.data_key(KeySubject.VISITOR, VERA), place)


@pytest.fixture(autouse=True)
def vera(committed_db: None) -> Iterator[Visitor]:
    """Vera at Acme's site, inside Acme's scope."""
    keyring.forget_everything()
    with tenant_scope(ACME):
        Tenant.objects.create(pk=ACME, slug="acme", name="Acme")
        site = Site.objects.create(key="pk_acme", name="Acme")
        yield Visitor.objects.create(public_id=VERA, site=site, profile=sealed("Vera"))
    keyring.forget_everything()


def stored() -> Visitor:
    return Visitor.objects.get(public_id=VERA)


def test_what_was_sealed_comes_back_as_its_type() -> None:
    profile = stored().profile
    assert type(profile) is SealedData
    assert opened(profile) == "Vera"
    assert stored().page is None


def test_saving_again_and_bulk_create_write_it(vera: Visitor) -> None:
    vera.profile = sealed("Vera Vane")
    vera.save(update_fields=["profile"])
    assert opened(stored().profile) == "Vera Vane"
    stored().save()
    assert opened(stored().profile) == "Vera Vane"
    Visitor.objects.bulk_create([Visitor(site=vera.site, profile=sealed("Other"))])
    assert sorted(opened(visitor.profile) for visitor in Visitor.objects.all()) == ["Other", "Vera Vane"]


@pytest.mark.parametrize(
    "value",
    ["Vera", b"Vera", seal_text(mask("Vera"), new_key(), b""), 7, Value("Vera"), F("page")],
    ids=["text", "bytes", "body", "number", "expression", "column"],
)
def test_nothing_but_the_sealed_type_is_saved(vera: Visitor, value: object) -> None:
    vera.profile = value
    with pytest.raises(TypeError, match="SealedData"), transaction.atomic():
        vera.save(update_fields=["profile"])
    with pytest.raises(TypeError, match="SealedData"), transaction.atomic():
        Visitor.objects.create(site=vera.site, profile=value)


@pytest.mark.parametrize("value", ["Vera", b"Vera"])
def test_update_refuses_plain_and_sealed_values(vera: Visitor, value: object) -> None:
    for attempt in (value, sealed("Vera")):
        with pytest.raises(FieldError, match="save"), transaction.atomic():
            Visitor.objects.filter(public_id=VERA).update(profile=attempt)
        vera.profile = attempt
        with pytest.raises(FieldError, match="save"), transaction.atomic():
            Visitor.objects.bulk_update([vera], ["profile"])
    assert opened(stored().profile) == "Vera"


def test_update_may_empty_a_column() -> None:
    Visitor.objects.filter(public_id=VERA).update(profile=None)
    assert stored().profile is None


@pytest.mark.parametrize("lookup", ["profile", "profile__exact", "profile__in", "profile__contains", "profile__gt"])
def test_it_is_not_searched_by_value(lookup: str) -> None:
    value: object = [b"x"] if lookup.endswith("in") else b"x"
    with pytest.raises(FieldError, match="encrypted"):
        Visitor.objects.filter(**{lookup: value}).exists()
    with pytest.raises(FieldError, match="encrypted"):
        Visitor.objects.exclude(**{lookup: value}).exists()


def test_whether_it_is_there_may_be_asked() -> None:
    assert Visitor.objects.filter(profile__isnull=False, page__isnull=True).count() == 1


def test_it_is_not_serialised() -> None:
    with pytest.raises(FieldError, match="serialised"):
        serializers.serialize("json", Visitor.objects.all())
