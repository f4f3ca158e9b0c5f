"""Identity tokens: who is vouched for, and every token that is not good."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from jwt.warnings import InsecureKeyLengthWarning

from chat.models import Block, Visitor, VisitorToken
from chat.services.identity import identify_visitor
from chat.services.visitors import VisitorSession, new_session
from security.errors import Denied
from security.scoping import tenant_scope
from tenants.access import SiteRef, access_site
from tenants.models import MaskingVersion, Site
from tenants.policies import put_rules
from tenants.rules import RuleSet
from tenants.services.identity import renew_identity_secret
from tests.cast import Organisation, organisation

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def acme(db: None) -> Organisation:
    return organisation("acme", "olga", {})


@pytest.fixture
def site(acme: Organisation) -> SiteRef:
    return access_site(acme.site_key)


@pytest.fixture
def secret(acme: Organisation, site: SiteRef) -> str:
    grant = acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        return renew_identity_secret(grant=grant, site=site.public_id)


def signed(secret: str, site: SiteRef, *, algorithm: str = "HS256", **changed: Any) -> str:
    """A good token but for what is changed; None leaves a claim out."""
    claims = {"sub": "42", "aud": site.key, "exp": NOW + timedelta(minutes=4), "jti": uuid.uuid4().hex, "name": "Vera"}
    claims |= changed
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, secret, algorithm=algorithm)


def identified(site: SiteRef, token: str, session: VisitorSession | None = None) -> VisitorSession:
    with tenant_scope(site.tenant_id):
        return identify_visitor(site=site, session=session or new_session(), token=token, now=NOW)


def test_a_good_token_makes_a_verified_visitor(secret: str, site: SiteRef) -> None:
    found = identified(site, signed(secret, site))
    assert found.is_verified
    assert found.profile.name == "Vera"
    with tenant_scope(site.tenant_id):
        assert Visitor.objects.get(pk=found.pk).is_verified


def test_the_same_sub_is_the_same_visitor_on_each_device(secret: str, site: SiteRef) -> None:
    first, second = (identified(site, signed(secret, site)) for _ in range(2))
    assert first.public_id == second.public_id
    assert identified(site, signed(secret, site, sub="43")).public_id != first.public_id
    with tenant_scope(site.tenant_id):
        assert VisitorToken.objects.filter(visitor=first.pk).count() == 2


def test_a_browser_of_one_person_does_not_become_anothers(secret: str, site: SiteRef) -> None:
    vera = identified(site, signed(secret, site))
    other = identified(site, signed(secret, site, sub="43", name="Victor"), session=vera)
    assert other.public_id != vera.public_id
    with tenant_scope(site.tenant_id):
        assert Visitor.objects.filter(is_verified=True).count() == 2


def test_a_number_in_a_claim_is_masked(secret: str, site: SiteRef) -> None:
    found = identified(site, signed(secret, site, name="Vera 4242 4242 4242 4242"))
    assert found.profile.name == "Vera •••• •••• •••• 4242"


@pytest.mark.parametrize("before", range(96, 121))
def test_a_claim_is_masked_before_it_is_cut(before: int, secret: str, site: SiteRef) -> None:
    found = identified(site, signed(secret, site, name="x" * before + " 4242424242424242"))
    assert len(found.profile.name) <= 120
    assert sum(char.isdigit() for char in found.profile.name) <= 4


@pytest.mark.parametrize("email", ["4242424242424242 x", "4242424242424242@x.org", "vera", "", 7, "a" * 300 + "@x.org"])
def test_a_claim_that_is_no_address_is_left_out(email: object, secret: str, site: SiteRef) -> None:
    assert identified(site, signed(secret, site, email=email)).profile.email == ""


def test_an_address_in_a_claim_is_written_anew(secret: str, site: SiteRef) -> None:
    assert identified(site, signed(secret, site, email="Vera@Shop.Example")).profile.email == "Vera@shop.example"


def test_claims_are_masked_as_the_tenant_decided(acme: Organisation, secret: str, site: SiteRef) -> None:
    with tenant_scope(acme.tenant_id):
        version = MaskingVersion(number=2)
        put_rules(version, RuleSet(keep_last_four=False))
        version.save()
    found = identified(site, signed(secret, site, name="Vera 4242 4242 4242 4242"))
    assert not any(char.isdigit() for char in found.profile.name)


def test_a_token_is_good_once(secret: str, site: SiteRef) -> None:
    token = signed(secret, site)
    identified(site, token)
    with pytest.raises(Denied):
        identified(site, token)


@pytest.mark.parametrize(
    "changed",
    [
        {"sub": None},
        {"jti": None},
        {"exp": None},
        {"aud": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"aud": "pk_other"},
        {"exp": NOW - timedelta(hours=1)},
        {"exp": NOW + timedelta(minutes=6)},
        {"exp": 10**30},
    ],
    ids=[
        "no sub",
        "no jti",
        "no exp",
        "no aud",
        "empty sub",
        "long sub",
        "foreign aud",
        "run out",
        "too far",
        "huge exp",
    ],
)
def test_a_token_with_such_claims_is_refused(changed: dict[str, Any], secret: str, site: SiteRef) -> None:
    with pytest.raises(Denied):
        identified(site, signed(secret, site, **changed))


def test_a_token_that_somebody_else_signed_is_refused(secret: str, site: SiteRef) -> None:
    with pytest.raises(Denied):
        identified(site, signed("another secret of more than thirty-two bytes", site))
    with pytest.warns(InsecureKeyLengthWarning):  # the attacker's business
        strange = signed(secret, site, algorithm="HS512")
    with pytest.raises(Denied):
        identified(site, strange)
    unsigned = jwt.encode({"sub": "42", "aud": site.key, "exp": NOW + timedelta(minutes=4), "jti": "1"}, "", "none")
    with pytest.raises(Denied):
        identified(site, unsigned)


def test_a_new_secret_ends_the_old_one(acme: Organisation, secret: str, site: SiteRef) -> None:
    grant = acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        renew_identity_secret(grant=grant, site=site.public_id)
    with pytest.raises(Denied):
        identified(site, signed(secret, site))


def test_without_a_secret_nobody_is_vouched_for(site: SiteRef) -> None:
    with pytest.raises(Denied):
        identified(site, signed("a guess of more than thirty-two bytes here", site))


def test_another_tenants_secret_opens_nothing(secret: str, site: SiteRef) -> None:
    rival = organisation("rival", "mallory", {})
    theirs = access_site(rival.site_key)
    grant = rival.grant("mallory")
    with tenant_scope(rival.tenant_id):
        other = renew_identity_secret(grant=grant, site=theirs.public_id)
    with pytest.raises(Denied):
        identified(site, signed(other, site))


def test_a_blocked_visitor_stays_blocked(secret: str, site: SiteRef) -> None:
    vera = identified(site, signed(secret, site))
    with tenant_scope(site.tenant_id):
        Block.objects.create(visitor_id=vera.pk)
    with pytest.raises(Denied):
        identified(site, signed(secret, site))


def test_the_secret_is_stored_sealed(secret: str, site: SiteRef) -> None:
    with tenant_scope(site.tenant_id):
        stored = Site.objects.get(pk=site.site_id).identity_secret
    assert stored is not None
    assert secret.encode() not in bytes(stored)
