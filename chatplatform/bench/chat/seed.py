"""`python -m chatplatform.bench.chat.seed`: an empty database becomes an installation with one organisation.

The last line on stdout says what the load has to know. Only ever run on the benchmark's own database.
"""

from __future__ import annotations

import os
import sys
from typing import Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatplatform.settings")
django.setup()  # what follows imports models

import orjson
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from security.accounts.people import create_person
from security.models import User
from security.scoping import tenant_scope
from tenants.models import Department, DepartmentMembership, Membership, Role
from tenants.services import create_tenant
from tenants.services.sites import add_site

AGENTS: Final = 8


def main() -> None:
    call_command("migrate", database="owner", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    owner = _person("owner")
    founded = create_tenant(slug="bench", name="Bench", owner=owner)
    with tenant_scope(founded.tenant_id):
        site = add_site(name="Bench", websites=["https://shop.bench.example"])
    facts = {
        "site": site.key,
        "origin": settings.SITE_URL,
        "cookie": settings.SESSION_COOKIE_NAME,
        "sessions": [_session(_agent(founded.tenant_id, f"agent{number}")) for number in range(AGENTS)],
    }
    sys.stdout.write(orjson.dumps(facts).decode() + "\n")


def _person(name: str) -> User:
    return create_person(email=f"{name}@bench.example", full_name=name.title(), password=None, is_confirmed=True)


def _agent(tenant_id: int, name: str) -> User:
    user = _person(name)
    with tenant_scope(tenant_id):
        membership = Membership.objects.create(user=user, role=Role.objects.get(slug="agent"), name=name.title())
        department = Department.objects.get(is_default=True)
        DepartmentMembership.objects.create(department=department, membership=membership)
    return user


def _session(user: User) -> str:
    """The key of a session, as the person's browser has it after one page."""
    client = Client(SERVER_NAME=settings.ALLOWED_HOSTS[0])
    client.force_login(user, settings.AUTHENTICATION_BACKENDS[-1])
    client.get("/get-started/status/", secure=True)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


if __name__ == "__main__":
    main()
