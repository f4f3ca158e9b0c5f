"""Acme, which keeps conversations for two years in Vienna's time, and a store of its own for the archive; Rival beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from security.crypto import keyring
from security.scoping import tenant_scope
from security.stores.folder import Folder
from tenants.models import Tenant
from tests import cast
from tests.cast import Organisation


@pytest.fixture
def acme(committed_db: None) -> Organisation:
    keyring.forget_everything()
    acme = cast.acme()
    with tenant_scope(acme.tenant_id):
        Tenant.objects.update(time_zone="Europe/Vienna")
    return acme


@pytest.fixture
def rival(committed_db: None) -> Organisation:
    return cast.rival()


@pytest.fixture
def archive(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "archive")
