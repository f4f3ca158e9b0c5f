"""Which domain an address is in, and whether a name server proves whose one is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from security.errors import Invalid
from security.identity.domains import NAME, domain_of, is_published, new_word, parse_domain

from .name_server import NameServer, running


@pytest.fixture(scope="module")
def server() -> Iterator[NameServer]:
    with running() as names:
        yield names


@pytest.fixture
def names(server: NameServer) -> NameServer:
    server.records, server.broken = {}, False
    return server


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        (" Acme.Example. ", "acme.example"),
        ("@acme.example", "acme.example"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("mu\u0308nchen.example", "xn--mnchen-3ya.example"),
        ("XN--MNCHEN-3YA.example", "xn--mnchen-3ya.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("βόλος.example", "xn--nxasmm1c.example"),
        ("中国.example", "xn--fiqs8s.example"),
        ("a.b.c.example", "a.b.c.example"),
    ],
)
def test_a_domain_has_one_spelling(typed: str, domain: str) -> None:
    assert parse_domain(typed) == domain


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "example",
        "a\u200db.example",
        "ａcme.example",
        "acme。example",
        "☃.example",
        "xn--a.example",
        "xn--mnchen-3ya\u0308.example",
        "א1a.example",
        "*.example.com",
        "192.0.2.1",
        "acme..example",
        "acme.example/x",
        "-a.example",
        "a" * 64 + ".example",
        ".".join(["abcdefgh"] * 30),
        "acme.example\nevil.example",
        "acme_x.example",
        "https://acme.example",
        "a@b.example",
    ],
)
def test_what_is_no_domain_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="domain"):
        parse_domain(typed)


@pytest.mark.parametrize(
    ("email", "domain"),
    [
        ("Alice@ACME.example", "acme.example"),
        ('"alice@rival.example"@acme.example', "acme.example"),
        ("alice@acme.example@rival.example", "rival.example"),
        ("@acme.example", None),
        ("acme.example", None),
        ("alice@acme.example\x00.rival.example", None),
    ],
)
def test_the_domain_of_an_address_is_what_stands_last(email: str, domain: str | None) -> None:
    assert domain_of(email) == domain


def test_a_word_at_the_right_name_proves_the_domain(names: NameServer) -> None:
    word, other = new_word(), new_word()
    assert word != other
    names.records[f"{NAME}.acme.example"] = ["v=spf1 -all", word]
    asked = {"servers": [names.address]}
    assert is_published("acme.example", word, **asked)
    assert not is_published("acme.example", other, **asked)
    assert not is_published("sub.acme.example", word, **asked)
    assert not is_published("rival.example", word, **asked)


def test_a_word_at_the_domain_itself_proves_nothing(names: NameServer) -> None:
    word = new_word()
    names.records["acme.example"] = [word]
    assert not is_published("acme.example", word, servers=[names.address])


def test_name_servers_that_fail_are_not_a_no(names: NameServer) -> None:
    names.broken = True
    with pytest.raises(Invalid, match="dns"):
        is_published("acme.example", new_word(), servers=[names.address])
