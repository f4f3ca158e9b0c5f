"""The scan finds a canary wherever it was put and however it was written down, and nothing where there is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import redis

from tests.services import session

from .canaries import PLANTED_STEM, Canaries, forms
from .places import database_dump, database_files, files, listening, memory


@pytest.fixture
def canaries() -> Canaries:
    return Canaries(PLANTED_STEM)


@pytest.mark.parametrize("form", forms("x"))
def test_it_is_found_in_every_form(canaries: Canaries, form: str) -> None:
    for written in (canaries.card("here"), canaries.plain("here"), canaries.card("here").replace(" ", "-")):
        content = os.urandom(500) + forms(f"my card is {written} indeed")[form] + os.urandom(500)
        assert "here" in canaries.found(content), written


def test_every_way_of_writing_it_is_found(canaries: Canaries) -> None:
    for written in canaries.written("here"):
        assert canaries.found(written.encode()) == {"here"}, written
    assert canaries.found(canaries.spoken("here").encode())
    assert canaries.found(canaries.ssn("there").encode()) == {"there"}
    assert canaries.found(canaries.staff("there").encode())


def test_a_piece_that_nobody_may_see_is_found_in_every_form_that_writes_ascii(canaries: Canaries) -> None:
    first, middle, last = canaries.pieces("card")
    said, _ = canaries.halves("ssn")
    assert not canaries.found(f"{first} {last}".encode())
    for form in ("plain", "hex", "HEX", "base64 0", "base64 1", "base64 2"):
        assert canaries.found(forms(f"it is {middle}.")[form]) == {"card"}, form
        assert canaries.found(forms(f"it is {said}.")[form]) == {"ssn"}, form


def test_what_is_masked_is_not_found(canaries: Canaries) -> None:
    card = canaries.card("here")
    assert not canaries.found(f"•••• •••• •••• {card[-4:]}".encode())
    assert not canaries.found(os.urandom(100_000))


def test_an_id_that_spells_one_by_chance_is_none(canaries: Canaries) -> None:
    number = canaries.ssn("here").replace("-", "")
    assert not canaries.found(f"0190a{number[:3]}-{number[3:7]}-4{number[7:]}1-8abc-0123456789ab".encode())
    assert not canaries.found(f"{'ab' * 16}{number}{'cd' * 16}".encode())
    assert canaries.found(f"ab{number}cd 0190a123-1234-4123-8abc-0123456789ab".encode()) == {"here"}


@pytest.mark.usefixtures("committed_db")
def test_it_is_found_in_each_place(canaries: Canaries, tmp_path: Path) -> None:
    services, database = session.current()
    with services.superuser(database) as connection:
        connection.execute("UPDATE django_migrations SET name = name || %s WHERE id = 1", [canaries.card("table")])
    client = redis.Redis.from_url(session.urls().redis)
    with listening() as heard:
        client.set("canary", forms(canaries.card("key"))["base64 1"])
        client.publish("nobody", canaries.card("published"))
        client.delete("gone")
    (tmp_path / "log").write_bytes(forms(canaries.card("file"))["percent"])
    places = {"files": files(tmp_path), "database": database_files(), "dump": database_dump(), "memory": memory()}
    found = {name: set().union(*map(canaries.found, place.values())) for name, place in places.items()}
    with services.superuser(database) as connection:
        connection.execute("UPDATE django_migrations SET name = split_part(name, '4539', 1) WHERE id = 1")
        connection.execute("VACUUM FULL django_migrations")
    client.delete("canary")
    assert found == {"files": {"file"}, "database": {"table"}, "dump": {"table"}, "memory": {"key"}}
    assert canaries.found(b"\n".join(heard)) == {"key", "published"}
