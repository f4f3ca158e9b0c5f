"""An address is believed as far as trusted proxies vouch for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.net import client_ip, client_ip_of_meta, client_ip_of_scope, networks, parse_address

TRUSTED = networks(("10.0.0.0/8", "fd00::/8", "127.0.0.1/32"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["1.2.3.4"], "203.0.113.9"),  # nobody trusted said so
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.7"], "198.51.100.7"),  # the left one was typed by the client
        ("10.0.0.1", ["6.6.6.6", "198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["198.51.100.7, garbage, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7, "], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7:4711"], "198.51.100.7"),
        ("10.0.0.1", ["[2001:DB8:0:0::1]:443"], "2001:db8::1"),
        ("fd00::5", ["2001:db8::0001"], "2001:db8::1"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.7"], "198.51.100.7"),
        ("fe80::1%eth0", [], "fe80::1"),
        (None, ["1.2.3.4"], None),  # a socket file: there is nobody to trust
        ("", ["1.2.3.4"], None),
        ("testclient", ["1.2.3.4"], None),
    ],
)
def test_the_client_is_the_first_from_the_right_that_is_no_proxy(
    peer: str | None, forwarded: list[str], expected: str | None
) -> None:
    assert client_ip(peer, forwarded, TRUSTED) == expected


@given(st.sampled_from(["10.0.0.1", "203.0.113.9", "x", None]), st.lists(st.text(max_size=100), max_size=5))
def test_garbage_never_raises_and_is_never_believed(peer: str | None, forwarded: list[str]) -> None:
    address = client_ip(peer, forwarded, TRUSTED)
    assert address is None or parse_address(address) is not None
    if peer == "203.0.113.9":
        assert address == peer


@given(st.text(max_size=100))
def test_a_parsed_address_has_one_spelling(text: str) -> None:
    address = parse_address(text)
    assert address is None or parse_address(str(address)) == address


def test_a_long_header_is_not_walked_to_its_end() -> None:
    assert client_ip("10.0.0.1", ["6.6.6.6, " + "10.0.0.2, " * 50_000 + "10.0.0.3"], TRUSTED) == "10.0.0.2"
    assert client_ip("10.0.0.1", ["9" * 1_000_000], TRUSTED) == "10.0.0.1"


def test_it_reads_asgi_scopes_and_django_requests_alike() -> None:
    headers = [(b"x-forwarded-for", b"6.6.6.6"), (b"host", b"a"), (b"x-forwarded-for", b"198.51.100.7\xff, 10.0.0.9")]
    assert client_ip_of_scope({"client": ("10.0.0.1", 1), "headers": headers}, TRUSTED) == "10.0.0.9"
    assert client_ip_of_scope({"client": None, "headers": headers}, TRUSTED) is None
    assert client_ip_of_scope({}, TRUSTED) is None
    meta = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "6.6.6.6,198.51.100.7"}
    assert client_ip_of_meta(meta, TRUSTED) == "198.51.100.7"
    assert client_ip_of_meta({}, TRUSTED) is None


def test_a_setting_that_is_no_network_stops_the_start() -> None:
    with pytest.raises(ValueError, match="proxy"):
        networks(("proxy.example",))
