"""An SFTP server may say anything: whatever it is, it is told by a code, as every other fault is."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import suppress
from uuid import uuid4

import asyncssh
import pytest

from security.stores.sftp import private_key
from security.stores.store import Failed
from security.stores.trying import try_out

from .servers import OddServer

VERSION = bytes.fromhex("00000005 02 00000003")
SAID = {
    "a status for a version": (bytes.fromhex("00000005 65 00000003"),),
    "a length without end": (bytes.fromhex("ffffffff ff"),),
    "an empty packet": (VERSION, bytes.fromhex("00000000")),
    "a packet of its kind alone": (VERSION, bytes.fromhex("00000001 67")),
    "data for another request": (VERSION, bytes.fromhex("00000009 67 00000063 ffffffff")),
    "a handle for a stat": (VERSION, bytes.fromhex("00000005 66 00000001")),
    "a refusal that is no text": (VERSION, bytes.fromhex("00000011 65 00000001 00000004 00000004 ffffffff")),
}


@pytest.fixture(scope="module")
def odd() -> Iterator[OddServer]:
    with OddServer() as server:
        yield server


@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
def test_what_cannot_be_read_of_a_server_is_told_as_a_broken_connection(
    odd: OddServer, said: tuple[bytes, ...]
) -> None:
    odd.said = said
    with pytest.raises(Failed) as failed:
        try_out(odd.store(), token=uuid4())
    assert failed.value.code == "cut"


def test_a_private_key_of_which_a_bit_is_wrong_is_a_key_or_told_to_be_none() -> None:
    first, *lines, last = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode().splitlines()
    whole = b64decode("".join(lines))
    for at in range(len(whole)):
        spoiled = bytearray(whole)
        spoiled[at] ^= 1
        with suppress(Failed):
            private_key(f"{first}\n{b64encode(spoiled).decode()}\n{last}\n")
