"""Every field through which text comes in is masked or parsed, and stands in docs/reference/ways.md.

The fields are the code's own: registries of frames, forms of the resolver and of the admin, tasks, headers. Each is given numbers in disguise.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Final
from uuid import UUID

import pytest
from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from django import forms
from django.contrib.admin import ModelAdmin
from django.core.exceptions import ValidationError
from django.test import RequestFactory
from django.urls import get_resolver

from chat.live.protocol import AGENT_FRAMES, VISITOR_FRAMES
from chat.live.protocol.fields import Refused
from chat.live.protocol.visitor import Page, Profile
from chatplatform.celery import app
from security.accounts.forms import AskedResetForm
from security.forms import MaskedCharField, QuietField
from security.masking import MaskedText, mask_or_withhold
from security.scoping import tenant_scope
from tenants.admin.organisation.security_forms import PolicySettingsForm
from tenants.admin.site import site
from tests import cast
from tests.sources import PROJECT, modules

from .canaries import Canaries

WAYS: Final = (PROJECT / "docs/reference/ways.md").read_text()
SIDES: Final = {"visitor": VISITOR_FRAMES, "agent": AGENT_FRAMES}
NESTED: Final[dict[str, Any]] = {"profile": Profile, "page": Page}
SECRETS: Final = {("visitor", "hello", "token"), ("visitor", "hello", "identity"), ("visitor", "identify", "token")}
"""Used as a digest or a signature: what else is in them is read by nobody."""
CANARIES: Final = Canaries()
CARD: Final = CANARIES.card("the inventory")
PLAIN: Final = CARD.replace(" ", "")
DISGUISES: Final = (
    *CANARIES.written("the inventory"),
    f"vera{PLAIN}@home.example",
    f"{PLAIN}@home.example",
    f"https://shop.example/{PLAIN}?a={PLAIN}",
    f"https://{PLAIN}.example/",
    f"https://shop.example/?q={CARD.replace(' ', '+')}",
    f"de-{PLAIN[:4]}-{PLAIN[4:8]}",
    f"2026-01-31T{PLAIN[:2]}:39:27.{PLAIN[2:8]}Z",
    f"pay-{CARD.replace(' ', '-')}",
    f"{PLAIN}.example",
    "#" + PLAIN[:6],
    CANARIES.ssn("the inventory"),
)

# Frames


def fields_of(registry: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Frame, field, reader; what is nested in `hello` by its path."""
    for kind, cls in registry.items():
        for name, reader in cls.readers.items():
            if kind == "hello" and name in NESTED and cls is VISITOR_FRAMES["hello"]:
                nested = NESTED[name].readers
                yield from ((kind, f"{name}.{inner}", nested[inner]) for inner in nested if inner != "ref")
            else:
                yield kind, name, reader


def listed_frames() -> dict[tuple[str, str, str], str]:
    """What the page says: side, frame and field, and its kind."""
    found = {}
    for line in WAYS.partition("## Frames")[2].partition("\n- ")[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and cells[0] in SIDES:
            for kind, cell in zip(("masked", "parsed", "secret"), cells[2:], strict=True):
                found.update({(cells[0], cells[1].strip("`"), name): kind for name in re.findall(r"`([^`]+)`", cell)})
    return found


FRAMES: Final = {
    (side, kind, name): reader for side, registry in SIDES.items() for kind, name, reader in fields_of(registry)
}


def test_every_field_of_every_frame_is_listed() -> None:
    assert listed_frames().keys() == FRAMES.keys()
    assert {key for key, kind in listed_frames().items() if kind == "secret"} == SECRETS


@pytest.mark.parametrize("key", FRAMES, ids=".".join)
def test_no_field_of_a_frame_lets_a_number_through(key: tuple[str, str, str]) -> None:
    kinds = set()
    for value in _values():
        try:
            found = FRAMES[key](value, mask_or_withhold)
        except Refused:
            continue
        for leaf in _leaves(found):
            kinds.add(type(leaf))
            if key not in SECRETS and isinstance(leaf, str):
                assert not CANARIES.found(leaf.encode()), (value, leaf)
    assert kinds <= {MaskedText, str, int, bool, UUID, datetime} or all(issubclass(kind, Enum) for kind in kinds)
    said = listed_frames()[key]
    assert (MaskedText in kinds) is (said == "masked"), kinds


def _values() -> Iterator[object]:
    for text in DISGUISES:
        yield from (text, [text], {text: text}, {"order": text}, {"a": PLAIN[:8], "b": PLAIN[8:]})
    yield from (int(PLAIN), True, str(UUID(int=7)), "hello")


def _leaves(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return [leaf for pair in value.items() for item in pair for leaf in _leaves(item)]
    if isinstance(value, tuple | list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [] if value is None else [value]


# Forms


ONE_WAY: Final = forms.PasswordInput
SELDOM: Final = {"code", "key", "uidb36", "username"}
"""Of allauth's forms that no address of ours leads to, or that are compared with a digest."""


def forms_of_pages() -> list[type[forms.BaseForm]]:
    """Ours, and allauth's that a page uses."""
    list(get_resolver().url_patterns)
    found = {
        cls for cls in _subclasses(forms.BaseForm) if cls.__module__.startswith(("tenants.", "chat.", "security."))
    }
    return sorted(found | {*_subclasses_of(allauth_forms), AskedResetForm}, key=lambda cls: cls.__qualname__)


def _subclasses(cls: type[Any]) -> Iterator[type[Any]]:
    for inner in cls.__subclasses__():
        yield inner
        yield from _subclasses(inner)


def _subclasses_of(module: Any) -> set[type[forms.BaseForm]]:
    return {cls for cls in vars(module).values() if inspect.isclass(cls) and issubclass(cls, forms.BaseForm)}


def lets_through(field: forms.Field) -> list[str]:
    """What comes out of a field with a number in it."""
    found = []
    for text in DISGUISES:
        try:
            value = field.clean(text)
        except ValidationError:
            continue
        found += [str(leaf) for leaf in _leaves(value) if _is_found(leaf)]
    return found


def _is_found(leaf: object) -> bool:
    """Integers have their column's bounds, which models check."""
    return not isinstance(leaf, int) and bool(CANARIES.found(str(leaf).encode()))


@pytest.mark.django_db
def test_no_field_of_an_admins_form_lets_a_number_through() -> None:
    of = cast.acme()
    request: Any = RequestFactory().get("/")
    request.grant, request.user = of.grant("olga"), of.user("olga")
    seen = set()
    with tenant_scope(of.tenant_id):
        registered: dict[Any, ModelAdmin[Any]] = site._registry
        for model, model_admin in registered.items():
            form = model_admin.get_form(request)
            for name, field in form.base_fields.items():
                seen.add(type(field))
                assert not lets_through(field), (model, name)
            assert issubclass(form, forms.BaseForm)
    assert MaskedCharField in seen


@pytest.mark.django_db
def test_no_field_of_a_page_lets_a_number_through_but_passwords() -> None:
    of = cast.acme()
    with tenant_scope(of.tenant_id):
        for cls in forms_of_pages():
            if hasattr(cls, "_meta") and not issubclass(
                cls, PolicySettingsForm
            ):  # those above, as the admin makes them
                continue
            for name, field in cls.base_fields.items():  # type: ignore[attr-defined]
                is_secret = isinstance(field.widget, ONE_WAY) or name in SELDOM
                is_address = isinstance(field, forms.EmailField) and type(field).__module__.startswith("allauth")
                assert is_secret or is_address or not lets_through(field) or (cls.__name__, name) in RULES, (cls, name)


RULES: Final = {
    ("RuleForm", "value"),
    ("SettingsForm", "allowed"),
    ("TesterForm", "text"),
    ("TesterForm", "before"),
} | {
    ("ProviderForm", "metadata")  # base64 may look like anything; of it addresses and certificates alone are kept
}
"""What is to be hidden, or not, must be said: sealed at rest, in no event, shown to nobody but who may change it. What is tried is not kept at all."""


@pytest.mark.django_db
def test_an_address_of_an_account_spells_no_number() -> None:
    """What allauth's forms ask its adapter for, each of them."""
    for text in (f"{PLAIN}@home.example", f"{CARD.replace(' ', '-')}@home.example"):
        with pytest.raises(ValidationError):
            get_adapter().clean_email(text)


def test_every_form_has_quiet_fields() -> None:
    for cls in (forms.Form, allauth_forms.LoginForm):
        form = cls()
        form.fields["x"] = forms.CharField()
        assert type(form["x"]) is QuietField


# The rest


def test_tasks_take_numbers_and_ids() -> None:
    app.loader.import_default_modules()
    for name, task in app.tasks.items():
        if name.startswith("celery."):
            continue
        for parameter in inspect.signature(inspect.unwrap(task.run)).parameters.values():
            allowed = {"int", "int | None", "UUID", "bool"}
            is_id = (name, parameter.name) in TEXT_IDS
            assert is_id or str(parameter.annotation) in allowed, (name, parameter)


TEXT_IDS: Final = {
    ("chat.export_organisation", "export"),
    ("chat.run_masking_job", "job"),
    ("chat.run_masking_job", "worker"),
    ("tenants.run_trail_check", "check"),
}
"""UUIDs, which JSON writes as text."""


def test_headers_that_are_read_are_listed() -> None:
    read = re.compile(r"""(?:request\.headers|META|COOKIES)(?:\.get\(|\[)\s*["']([\w-]+)["']""")
    names = {name for module in modules() for name in read.findall((PROJECT / module).read_text())}
    for name in names - PLUMBING:
        spelled = name.removeprefix("HTTP_").replace("_", "-").lower()
        assert f"`{spelled}`" in WAYS.lower(), f"{name} is read and not listed in docs/reference/ways.md."


PLUMBING: Final = {"REMOTE_ADDR", "SERVER_NAME", "QUERY_STRING"}
"""Of the connection, or listed as the address."""


def test_claims_that_are_read_are_listed() -> None:
    source = (PROJECT / "chat/services/identity.py").read_text()
    claims = set(re.findall(r"""claims(?:\.get\(|\[)["'](\w+)["']""", source))
    assert claims == {"name", "email", "sub", "exp", "jti"}
    line = next(line for line in WAYS.splitlines() if line.startswith("| claims"))
    assert all(f"`{claim}`" in line for claim in claims - {"exp"})


def test_each_way_out_names_a_proof_that_is_there() -> None:
    table = WAYS.partition("## Ways out")[2].partition("\n## ")[0]
    proofs = re.findall(r"\| `(tests/[^`]+)` \|", table)
    assert len(proofs) >= 12
    assert all((PROJECT / proof).is_file() for proof in proofs)
