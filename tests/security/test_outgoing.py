"""A name that an organisation types leads nowhere but to the public Internet: what counts is the address at the moment of connecting."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import ip_address
from time import monotonic

import pytest

from security.net import networks
from security.outgoing import Refused, connect, cut_after, is_public

TRICKS = [
    *("127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.0.0.1."),
    *("0", "0.0.0.00", "localhost", "LOCALHOST", "localhost.", "::1", "::", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1"),
    *("::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "fec0::1"),
    *("fe80::1", "fe80::1%lo", "fc00::1", "fd12:3456::1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.257", "100.64.0.1"),
    *("169.254.169.254", "169.254.0.1", "0xa9fea9fe", "2852039166", "192.0.2.1", "198.18.0.1", "203.0.113.1", "224.0.0.1", "ff02::1"),
    *("240.0.0.1", "255.255.255.255", "2001:db8::1", "[::1]", "127.0.0.1:80", "１２７.0.0.1", "①②⑦.0.0.1", "127。0。0。1"),
    *("127.0.0.1@example.com", "example.com#@127.0.0.1", "127.0.0.1\n", "127.0.0.1\x00.example.com", "", " ", ".", "a" * 254, "%31"),
]  # fmt: skip


@pytest.fixture
def port() -> Iterator[int]:
    """Something that listens on this machine, and has not been spoken to at the end."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server.getsockname()[1]
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize("host", TRICKS)
def test_no_spelling_leads_into_the_own_network(host: str, port: int) -> None:
    with pytest.raises(Refused) as refused:
        connect(host, port)
    assert refused.value.code in {"private", "host"}


def test_a_name_that_leads_to_both_is_refused(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    """As a name server of the attacker's answers: once this, once that, so each is judged."""

    def answers(host: str, port: int, **_: object) -> list[object]:
        return [(2, 1, 6, "", ("93.184.215.14", port)), (2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    with pytest.raises(Refused, match="private"):
        connect("rebinding.example", port)


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700:4700::1111"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_the_operators_own_networks_are_allowed_and_only_they_in_clear() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = server.getsockname()
        connect(*where, allowed=networks(("127.0.0.0/8",)), in_clear=True).close()
        with pytest.raises(Refused, match="private"):
            connect(*where, allowed=networks(("10.0.0.0/8",)))


def test_nothing_is_sent_in_clear_to_the_internet() -> None:
    with pytest.raises(Refused, match="clear"):
        connect("8.8.8.8", 80, in_clear=True)


def test_a_connection_ends_in_time_however_the_other_side_dawdles() -> None:
    ours, theirs = socket.socketpair()
    begun = monotonic()
    with ours, theirs, cut_after(0.05, ours):
        assert ours.recv(1) == b""
    assert monotonic() - begun < 5


def test_all_addresses_of_a_name_are_tried_within_one_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a name of an attacker's: many addresses, and none that ever answers."""
    with socket.create_server(("", 0), backlog=1) as full, ExitStack() as waiting:
        port = full.getsockname()[1]
        for _ in range(4):  # more than wait in its queue: whoever comes now hears nothing
            another = waiting.enter_context(socket.socket())
            another.setblocking(False)
            another.connect_ex(("127.0.0.1", port))
        where = [(2, 1, 6, "", (f"127.0.0.{number}", port)) for number in range(1, 41)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: where)
        begun = monotonic()
        with pytest.raises(Refused, match="late"):
            connect("slow.example", port, allowed=networks(("127.0.0.0/8",)), within=0.3)
        assert monotonic() - begun < 6, "one after the other they would take twelve seconds"


def test_a_name_server_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait(20) and [])
    begun = monotonic()
    with pytest.raises(Refused, match="late"):
        connect("slow.example", 443, within=0.1)
    assert monotonic() - begun < 5
    answered.set()


def test_a_name_that_there_is_not_reads_as_one_of_the_own_network() -> None:
    with pytest.raises(Refused, match="private"):
        connect("nobody.invalid", 443)
