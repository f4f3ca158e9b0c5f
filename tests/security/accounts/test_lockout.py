"""Five failures of a name from one address; nothing that was typed is kept."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connections
from django.test import Client

from security.accounts import lockout
from security.scoping import PLATFORM_TENANT_ID
from tests.tenants.people import PASSWORD, Organisation, organisation, trail

WRONG = "what-nobody-would-have-chosen"
HERE, ELSEWHERE = "198.51.100.7", "198.51.100.8"


def attempt(email: str, password: str = WRONG, address: str = HERE) -> int:
    return Client(REMOTE_ADDR=address).post("/accounts/login/", {"login": email, "password": password}).status_code


@pytest.mark.real_hashes
def test_the_right_password_signs_in(acme: Organisation) -> None:
    assert attempt("olga@acme.example", PASSWORD) == 302
    assert acme.actions()[-1] == "session.signed_in"


def test_after_five_failures_even_the_right_password_is_refused(acme: Organisation) -> None:
    begun = time.monotonic()
    assert [attempt("olga@acme.example") for _ in range(5)] == [200, 200, 200, 200, 429]
    response = Client(REMOTE_ADDR=HERE).post("/accounts/login/", {"login": "olga@acme.example", "password": PASSWORD})
    assert response.status_code == 429
    passed = time.monotonic() - begun
    assert 1800 - passed - 1 <= int(response.headers["Retry-After"]) <= 1800, "what is left of half an hour"
    failed, locked = "session.sign_in_failed", "session.locked_out"
    assert acme.actions()[-7:] == [failed, failed, failed, failed, locked, failed, locked]


def test_the_lock_holds_for_this_address_and_name_alone(acme: Organisation) -> None:
    for _ in range(5):
        attempt("olga@acme.example")
    assert attempt("olga@acme.example", PASSWORD, ELSEWHERE) == 302
    assert attempt("ada@acme.example", PASSWORD) == 302


def test_every_spelling_of_a_name_counts_as_one(acme: Organisation) -> None:
    spellings = [
        "olga@acme.example",
        "OLGA@acme.example",
        " olga@acme.example ",
        "Olga@Acme.Example",
        "olga@ACME.EXAMPLE",
    ]
    assert [attempt(spelling) for spelling in spellings] == [200, 200, 200, 200, 429]
    assert attempt("olga@acme.example", PASSWORD) == 429
    assert lockout.name_digest("ｏｌｇａ@acme.example") == lockout.name_digest("olga@acme.example")


def test_an_unknown_name_is_answered_like_a_known_one(acme: Organisation) -> None:
    pages = []
    for email in ("olga@acme.example", "nobody@acme.example"):
        client = Client(REMOTE_ADDR=HERE)
        answers = [client.post("/accounts/login/", {"login": email, "password": WRONG}) for _ in range(6)]
        pages.append([(a.status_code, a.content.decode().replace(email, "").count("error")) for a in answers])
    assert pages[0] == pages[1]


def test_nothing_that_was_typed_is_kept(acme: Organisation) -> None:
    for name in ("a-password-typed@into.the-name", "olga@acme.example"):
        attempt(name, "another-secret-typed")
    kept = repr(list(AccessAttempt.objects.values_list()))
    assert AccessAttempt.objects.count() == 2
    assert not any(word in kept for word in ("typed", "olga", "secret", "csrf"))
    assert trail(PLATFORM_TENANT_ID)[-1] == "session.sign_in_failed"


def test_a_success_does_not_reset_the_count_of_another_address(acme: Organisation) -> None:
    for _ in range(4):
        attempt("olga@acme.example")
    attempt("olga@acme.example", PASSWORD, ELSEWHERE)
    assert attempt("olga@acme.example") == 429


def test_the_lock_can_be_lifted(acme: Organisation) -> None:
    for _ in range(5):
        attempt("olga@acme.example")
    assert lockout.unlock(" Olga@acme.example") == 6  # five attempts, and what axes made of them
    assert attempt("olga@acme.example", PASSWORD) == 302


@pytest.mark.real_hashes
def test_a_parallel_burst_reaches_five_hashes_at_most(committed_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    organisation("acme", "olga")
    checked: list[str] = []
    verify = Argon2PasswordHasher.verify

    def counted(self: Argon2PasswordHasher, password: str, encoded: str) -> bool:
        checked.append(password)
        return verify(self, password, encoded)

    monkeypatch.setattr(Argon2PasswordHasher, "verify", counted)

    def one(_: int) -> int:
        try:
            return attempt("olga@acme.example")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(one, range(40)))
    assert len(checked) <= 5
    assert (
        sum(status in {429, 503} for status in statuses) >= 35
    )  # 503: the count's lock took too long on a busy machine
