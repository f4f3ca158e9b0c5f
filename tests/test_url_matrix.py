"""URL × role × tenant, walked from the resolver: a path without its line here fails, and so does a line without its path.

A stranger, six roles of Acme's and an operator ask for each with an object of Acme's. What is out of reach, and every other method, is asked for in
tests/isolation/test_url_objects.py.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Final

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from security.models import AuditEvent, User
from security.scoping import tenant_scope
from tenants.middleware import HEADER

from . import cast
from .cast import Organisation
from .url_objects import address, objects

pytestmark = pytest.mark.django_db

PEOPLE = {"O": "olga", "A": "ada", "S": "sam", "G": "alice", "N": "rita", "U": "audrey"}
"""Owner, admin, supervisor, agent, analyst, auditor; X is a stranger, P an operator of the platform."""
EVERYBODY = "XOASGNUP"
EXHAUSTIVE: Final = bool(os.environ.get("EXHAUSTIVE"))

SHOWN_TO = {
    "": "XOASGNUP",
    r"accounts/^confirm-email/(?P<key>[-:\w]+)/$": "",
    "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "",
    "accounts/2fa/": "OASGNUP",
    "accounts/2fa/authenticate/": "",
    "accounts/2fa/reauthenticate/": "",
    "accounts/2fa/recovery-codes/": "",
    "accounts/2fa/recovery-codes/download/": "",
    "accounts/2fa/recovery-codes/generate/": "OASGNUP",
    "accounts/2fa/totp/activate/": "OASGNUP",
    "accounts/2fa/totp/deactivate/": "",
    "accounts/2fa/webauthn/": "OASGNUP",
    "accounts/2fa/webauthn/add/": "OASGNUP",
    "accounts/2fa/webauthn/keys/<int:pk>/edit/": "",
    "accounts/2fa/webauthn/keys/<int:pk>/remove/": "",
    "accounts/2fa/webauthn/reauthenticate/": "",
    "accounts/confirm-email/": "XOASGNUP",
    "accounts/email/": "OASGNUP",
    "accounts/inactive/": "XOASGNUP",
    "accounts/login/": "X",
    "accounts/login/code/confirm/": "",
    "accounts/logout/": "OASGNUP",
    "accounts/network/": "",
    "accounts/network/<str:token>/": "",
    "accounts/provider/": EVERYBODY,
    "accounts/provider/again/": "",
    "accounts/provider/<uuid:provider>/": "",
    "accounts/provider/<uuid:provider>/openid/": "",
    "accounts/provider/<uuid:provider>/saml/": "",
    "accounts/provider/<uuid:provider>/saml/<str:handle>/": "",
    "accounts/provider/<uuid:provider>/metadata/": "",
    "accounts/password/change/": "",
    "accounts/password/reset/": "XOASGNUP",
    "accounts/password/reset/done/": "XOASGNUP",
    "accounts/password/reset/key/done/": "XOASGNUP",
    "accounts/password/set/": "OASGNUP",
    "accounts/password/strength/": "",
    "accounts/reauthenticate/": "",
    "accounts/session/": "XOASGNUP",
    "accounts/sessions/": "OASGNUP",
    "accounts/sessions/<str:session>/end/": "",
    "accounts/signup/": "",
    "admin/": "OASGNUP",
    "admin/(?P<url>.*)$": "",
    "admin/^(?P<app_label>security|tenants|chat)/$": "",
    "admin/chat/block/": "OAS",
    "admin/chat/block/<object_id>/change/": "OAS",
    "admin/chat/block/<object_id>/delete/": "",
    "admin/chat/block/<object_id>/history/": "OA",
    "admin/chat/block/<object_id>/unblock/": "OAS",
    "admin/chat/block/add/": "",
    "admin/chat/cannedresponse/": "OAS",
    "admin/chat/cannedresponse/<object_id>/change/": "OAS",
    "admin/chat/cannedresponse/<object_id>/delete/": "OAS",
    "admin/chat/cannedresponse/<object_id>/history/": "OA",
    "admin/chat/cannedresponse/add/": "OAS",
    "admin/chat/conversation/": "OASG",
    "admin/chat/conversation/<object_id>/block/": "OAS",
    "admin/chat/conversation/<object_id>/change/": "OASG",
    "admin/chat/conversation/<object_id>/delete/": "",
    "admin/chat/conversation/<object_id>/history/": "OA",
    "admin/chat/conversation/add/": "",
    "admin/chat/tag/": "OAS",
    "admin/chat/tag/<object_id>/change/": "OAS",
    "admin/chat/tag/<object_id>/delete/": "OAS",
    "admin/chat/tag/<object_id>/history/": "OA",
    "admin/chat/tag/<object_id>/merge/": "OAS",
    "admin/chat/tag/add/": "OAS",
    "admin/jsi18n/": "OASGNUP",
    "admin/masking/": "OA",
    "admin/masking/activate/": "",
    "admin/masking/jobs/<uuid:job>/": "OA",
    "admin/masking/jobs/<uuid:job>/cancel/": "",
    "admin/masking/jobs/<uuid:job>/pause/": "",
    "admin/masking/jobs/<uuid:job>/resume/": "",
    "admin/masking/remask/": "",
    "admin/masking/rules/<uuid:rule>/": "OA",
    "admin/masking/rules/<uuid:rule>/move/": "",
    "admin/masking/rules/<uuid:rule>/remove/": "",
    "admin/masking/rules/add/": "OA",
    "admin/masking/settings/": "",
    "admin/masking/trial/": "",
    "admin/masking/try/": "",
    "admin/masking/versions/<uuid:version>/restore/": "",
    "admin/masking/versions/first/restore/": "",
    "admin/platform/accounts/": "P",
    "admin/platform/accounts/<uuid:person>/lock/": "P",
    "admin/platform/accounts/<uuid:person>/unlock/": "P",
    "admin/platform/plans/": "P",
    "admin/platform/plans/<uuid:plan>/": "P",
    "admin/platform/plans/add/": "P",
    "admin/permissions/": "OA",
    "admin/permissions/<str:permission>/": "OA",
    "admin/platform/tenants/": "P",
    "admin/platform/tenants/<uuid:tenant>/": "P",
    "admin/platform/tenants/<uuid:tenant>/enter/": "P",
    "admin/platform/tenants/<uuid:tenant>/leave/<uuid:entry>/": "P",
    "admin/platform/tenants/<uuid:tenant>/owners/": "P",
    "admin/platform/tenants/<uuid:tenant>/plan/": "P",
    "admin/platform/tenants/<uuid:tenant>/resume/": "P",
    "admin/platform/tenants/<uuid:tenant>/suspend/": "P",
    "admin/reports/": "OASGN",
    "admin/reports/<slug:report>/": "OASGN",
    "admin/reports/csv/<slug:section>/": "OASN",
    "admin/audit/": "OAU",
    "admin/audit/verify/": "",
    "admin/audit/checks/<uuid:check>/": "OAU",
    "admin/alerts/": "OAU",
    "admin/alerts/<uuid:alert>/seen/": "",
    "admin/alerts/rules/": "",
    "admin/audit/filters/save/": "",
    "admin/audit/filters/<uuid:saved>/remove/": "",
    "admin/audit/keeping/": "",
    "admin/audit/keeping/undo/": "",
    "admin/audit/mailbox/": "",
    "admin/audit/mailbox/again/": "",
    "admin/audit/verifier/": "OAU",
    "admin/audit/export/<slug:form>/": "",
    "admin/archive/": "OAS",
    "admin/archive/<uuid:archived>/": "OAS",
    "admin/archive/<uuid:archived>/restore/": "",
    "admin/visitors/": "OA",
    "admin/visitors/<uuid:visitor>/": "OA",
    "admin/visitors/<uuid:visitor>/erase/": "",
    "admin/visitors/<uuid:visitor>/export/": "",
    "admin/account/": "O",
    "admin/account/close/": "",
    "admin/account/close/undo/": "",
    "admin/account/export/": "",
    "admin/account/exports/<uuid:export>/": "",
    "admin/account/exports/<uuid:export>/cancel/": "",
    "admin/retention/": "OA",
    "admin/retention/changes/<uuid:change>/undo/": "",
    "admin/retention/runs/<uuid:run>/cancel/": "",
    "admin/retention/runs/<uuid:run>/pause/": "",
    "admin/retention/runs/<uuid:run>/resume/": "",
    "admin/retention/cooling-off/": "",
    "admin/retention/departments/<uuid:department>/rule/": "OA",
    "admin/retention/holds/<uuid:hold>/release/": "OA",
    "admin/retention/holds/add/": "OA",
    "admin/retention/rule/": "OA",
    "admin/retention/server/": "OA",
    "admin/retention/server/remove/": "",
    "admin/security/auditevent/": "OAU",
    "admin/security/auditevent/<object_id>/change/": "OAU",
    "admin/security/auditevent/<object_id>/delete/": "",
    "admin/security/auditevent/<object_id>/history/": "",
    "admin/security/auditevent/add/": "",
    "admin/tenants/businesshours/": "OAS",
    "admin/tenants/businesshours/<object_id>/change/": "OAS",
    "admin/tenants/businesshours/<object_id>/delete/": "OAS",
    "admin/tenants/businesshours/<object_id>/history/": "OA",
    "admin/tenants/businesshours/add/": "OAS",
    "admin/security/locks/": "OA",
    "admin/security/locks/<uuid:member>/lift/": "",
    "admin/security/keys/": "O",
    "admin/security/domains/": "O",
    "admin/security/domains/<uuid:domain>/check/": "",
    "admin/security/domains/<uuid:domain>/remove/": "",
    "admin/security/provider/": "O",
    "admin/security/provider/remove/": "",
    "admin/security/networks/": "OA",
    "admin/security/passwords/": "OA",
    "admin/security/passwords/require/": "OA",
    "admin/security/second-factor/": "OA",
    "admin/security/sessions/": "OA",
    "admin/tenants/department/": "OA",
    "admin/tenants/department/<object_id>/change/": "OA",
    "admin/tenants/department/<object_id>/delete/": "OA",
    "admin/tenants/department/<object_id>/history/": "OA",
    "admin/tenants/department/<object_id>/make-default/": "OA",
    "admin/tenants/department/add/": "OA",
    "admin/tenants/invitation/": "OA",
    "admin/tenants/invitation/<object_id>/change/": "OA",
    "admin/tenants/invitation/<object_id>/delete/": "",
    "admin/tenants/invitation/<object_id>/history/": "OA",
    "admin/tenants/invitation/<object_id>/withdraw/": "OA",
    "admin/tenants/invitation/add/": "OA",
    "admin/tenants/membership/": "OA",
    "admin/tenants/membership/<object_id>/change/": "OA",
    "admin/tenants/membership/<object_id>/delete/": "",
    "admin/tenants/membership/<object_id>/end-sessions/": "OA",
    "admin/tenants/membership/<object_id>/history/": "OA",
    "admin/tenants/membership/<object_id>/remove/": "OA",
    "admin/tenants/membership/<object_id>/require-password/": "OA",
    "admin/tenants/membership/<object_id>/reset-second-factor/": "OA",
    "admin/tenants/membership/<object_id>/resume/": "OA",
    "admin/tenants/membership/<object_id>/roles/": "OA",
    "admin/tenants/membership/<object_id>/roles/<uuid:held>/withdraw/": "",
    "admin/tenants/membership/<object_id>/suspend/": "OA",
    "admin/tenants/membership/add/": "",
    "admin/tenants/operatorentry/": "OA",
    "admin/tenants/operatorentry/<object_id>/allow/": "OA",
    "admin/tenants/operatorentry/<object_id>/change/": "OA",
    "admin/tenants/operatorentry/<object_id>/delete/": "",
    "admin/tenants/operatorentry/<object_id>/end/": "OA",
    "admin/tenants/operatorentry/<object_id>/history/": "OA",
    "admin/tenants/operatorentry/<object_id>/refuse/": "OA",
    "admin/tenants/operatorentry/add/": "",
    "admin/tenants/policy/": "",
    "admin/tenants/policy/<object_id>/change/": "",
    "admin/tenants/policy/<object_id>/delete/": "",
    "admin/tenants/policy/<object_id>/history/": "",
    "admin/tenants/policy/add/": "",
    "admin/tenants/role/": "OA",
    "admin/tenants/role/<object_id>/change/": "OA",
    "admin/tenants/role/<object_id>/delete/": "",
    "admin/tenants/role/<object_id>/history/": "OA",
    "admin/tenants/role/<object_id>/remove/": "OA",
    "admin/tenants/role/add/": "OA",
    "admin/tenants/site/": "OA",
    "admin/tenants/site/<object_id>/change/": "OA",
    "admin/tenants/site/<object_id>/delete/": "",
    "admin/tenants/site/<object_id>/history/": "OA",
    "admin/tenants/site/<object_id>/renew-secret/": "OA",
    "admin/tenants/site/add/": "OA",
    "admin/tenants/tenant/": "",
    "admin/tenants/tenant/<object_id>/change/": "",
    "admin/tenants/tenant/<object_id>/delete/": "",
    "admin/tenants/tenant/<object_id>/history/": "",
    "admin/tenants/tenant/add/": "",
    "console/": "OASG",
    "console/canned-responses/": "OASG",
    "console/canned-responses/own/": "",
    "console/canned-responses/own/<uuid:response>/remove/": "",
    "console/visits/": "OASG",
    "console/c/<uuid:conversation>": "OASG",
    "console/reports/": "OASGN",
    "demo/<str:key>/": "",
    "demo/<str:key>/<slug:page>/": "",
    "get-started/": "OA",
    "get-started/status/": "OA",
    "invitations/<str:token>/": "",
    "second-factor/reset/<str:token>/": "",
    "audit/mailbox/<str:token>/": "",
    "signup/": "XOASGNUP",
    "start/": "",
    "signup/sent/": "XOASGNUP",
    "tenants/<uuid:tenant>/switch/": "",
    "theme/": "",
    "w.js": "XOASGNUP",
    "widget/<str:key>/": "XOASGNUP",
    "widget/<str:key>/forget": "",
    "widget/<str:key>/session": "",
    "widget/<str:key>/theme.css": "XOASGNUP",
}
"""Who is answered 200 to a GET. Everybody else is led to sign in (302), refused (403, 405) or told that there is nothing (404)."""
BY_POST = {
    "console/canned-responses/own/",
    "console/canned-responses/own/<uuid:response>/remove/",
    "accounts/password/strength/",
    "accounts/network/",
    "accounts/sessions/<str:session>/end/",
    "tenants/<uuid:tenant>/switch/",
    "theme/",
    "widget/<str:key>/forget",
    "widget/<str:key>/session",
}
"""Paths that answer no GET; their own tests post to them."""


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Every route of the platform, as the resolver has it."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        elif isinstance(entry, URLPattern):
            yield re.sub(r"<\w+:object_id>", "<object_id>", route)


@pytest.fixture
def acme(db: None) -> Organisation:
    return cast.acme()


def browser(of: Organisation, letter: str) -> Client:
    """One of everybody's, beginning without counters."""
    cache.clear()
    if letter in PEOPLE:
        client = of.client(PEOPLE[letter])
    else:
        client = Client()
        if letter == "P":
            operator = User.objects.create_superuser("oscar@platform.example", None)
            client.force_login(operator, settings.AUTHENTICATION_BACKENDS[-1])
    client.raise_request_exception = False
    return client


def test_every_path_has_its_line() -> None:
    assert set(routes()) == SHOWN_TO.keys()
    assert set("".join(SHOWN_TO.values())) == set(EVERYBODY)


@pytest.mark.parametrize("letter", EVERYBODY)
def test_who_is_shown_what(acme: Organisation, letter: str) -> None:
    known = objects(acme)
    client = browser(acme, letter)
    shown = set()
    for route in SHOWN_TO:
        response = client.get(address(route, acme, known))
        if response.status_code == 200:
            shown.add(route)
        assert response.status_code in ({405} if route in BY_POST else {200, 302, 403, 404}), route
    assert shown == {route for route, letters in SHOWN_TO.items() if letter in letters}


@pytest.mark.parametrize("letter", "XASGNUP")
def test_nobody_acts_on_a_page_that_is_not_shown_to_him(acme: Organisation, letter: str) -> None:
    """Pages of the administration without an object; those with one are asked for in tests/isolation/test_url_objects.py."""
    known = objects(acme)
    client = browser(acme, letter)
    # What is shown to nobody is posted to, by some who are no agents.
    hidden = [
        route
        for route, letters in SHOWN_TO.items()
        if _has_no_object(route) and letter not in letters and (letters or letter in "XGN")
    ]
    assert len(hidden) >= (3 if letter == "A" else 10)
    before = _done(acme)
    for route in hidden:
        for method in ("post", "put", "patch", "delete") if EXHAUSTIVE else ("post",):
            ask = getattr(client, method)
            answer = ask(address(route, acme, known), headers={HEADER: str(acme.public_id)})
            assert answer.status_code in {302, 303, 403, 404, 405}, (method, route)
    assert _done(acme) == before


def _has_no_object(route: str) -> bool:
    return route.startswith("admin/") and "<" not in route


def _done(of: Organisation) -> list[str]:
    """What the trail says was done, but for signing in and out."""
    with tenant_scope(of.tenant_id):
        told = [json.loads(entry) for entry in AuditEvent.objects.order_by("seq").values_list("entry", flat=True)]
    return [
        str(one["action"]) for one in told if one["outcome"] == "ok" and not str(one["action"]).startswith("session.")
    ]
