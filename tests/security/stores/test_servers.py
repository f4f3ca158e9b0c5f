"""Servers of others as stores, real ones: what is said to be there is there, and what goes wrong is told, never taken for done."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from uuid import uuid4

import asyncssh
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from pyrage import decrypt, x25519

from security.stores.age import is_recipient, sealed_to
from security.stores.sftp import Sftp
from security.stores.signing import Signer
from security.stores.store import Failed, Missing
from security.stores.trying import try_out

from .servers import ENDLESS, HERE, KEY_ID, SECRET, USER, S3Server, SftpServer, either

NAME = "acme/0123456789abcdef0123456789abcdef.jsonl"
Server = S3Server | SftpServer


@pytest.fixture(scope="module", params=["s3", "sftp"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with either(request.param, tmp_path_factory.mktemp("served")) as server:
        yield server


@pytest.fixture
def server(running: Server) -> Iterator[Server]:
    yield running
    running.fault = ""
    running.empty()


def code_of(server: Server, **other: object) -> str:
    with pytest.raises(Failed) as failed:
        try_out(server.store(**other), token=uuid4())
    return failed.value.code


def test_what_is_written_is_there_once_it_is_named(server: Server) -> None:
    store = server.store()
    store.write(NAME, b"everything")
    with pytest.raises(Missing):
        store.read(NAME, most=99)
    store.named(NAME)
    assert store.read(NAME, most=99) == b"everything"
    assert store.read(NAME, most=3, offset=5) == b"thi"
    assert server.names() == [f"chat/{NAME}"]


def test_each_step_may_be_done_again(server: Server) -> None:
    store = server.store()
    for data in (b"half of it, when it was killed", b"everything"):
        store.write(NAME, data)
    store.named(NAME)
    store.named(NAME)
    store.write(NAME, b"everything, once more")
    store.named(NAME)
    assert store.read(NAME, most=99) == b"everything, once more"
    store.delete(NAME)
    store.delete(NAME)
    assert server.names() == []


def test_what_was_never_written_gets_no_name(server: Server) -> None:
    with pytest.raises(Missing):
        server.store().named(NAME)


def test_what_takes_many_packets_comes_back_as_they_were(server: Server) -> None:
    store, data = server.store(), bytes(range(256)) * 1024
    store.write(NAME, data)
    store.named(NAME)
    assert store.read(NAME, most=len(data) + 1) == data


def test_trying_it_out_leaves_nothing_behind(server: Server) -> None:
    try_out(server.store(), token=uuid4())
    assert server.names() == []


def test_what_was_spoiled_there_is_read_as_it_is(server: Server) -> None:
    store = server.store()
    store.write(NAME, b"everything")
    store.named(NAME)
    server.spoil(f"chat/{NAME}")
    assert store.read(NAME, most=99) != b"everything"


def test_no_server_gives_more_than_was_asked_for(server: Server) -> None:
    store = server.store()
    store.write(NAME, b"everything")
    store.named(NAME)
    assert store.read(NAME, most=5) == b"every"
    server.fault = "endless"
    assert len(store.read(NAME, most=5)) == 5
    if isinstance(server, S3Server):
        assert server.mebibytes < ENDLESS // 2
    else:
        assert store.read(NAME, most=1 << 20) == b"everything"


def test_what_lies_behind_the_end_is_nothing(server: Server) -> None:
    store = server.store()
    store.write(NAME, b"")
    store.named(NAME)
    assert store.read(NAME, most=1) == b""


def test_a_server_that_talks_before_anybody_signed_in_is_cut_off() -> None:
    """Of SSH: its first packet says that a gibibyte follows."""
    sent = 0

    def talk() -> None:
        nonlocal sent
        with suppress(OSError), listening.accept()[0] as connection:
            connection.sendall(b"SSH-2.0-endless\r\n" + (1 << 30 | 4).to_bytes(4, "big"))
            for sent in range(1, ENDLESS + 1):  # noqa: B007 - what counts is how far it came
                connection.sendall(bytes(1 << 20))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        talking = threading.Thread(target=talk, daemon=True)
        talking.start()
        store = Sftp(
            "127.0.0.1", listening.getsockname()[1], USER, "", "ssh-ed25519 AAAA", "x", allowed=HERE, within=20
        )
        with pytest.raises(Failed, match="cut"):
            store.read(NAME, most=1)
        talking.join(20)
    assert 0 < sent < ENDLESS // 2


def test_another_secret_is_refused(server: Server) -> None:
    assert code_of(server, secret="wrong") == "forbidden"


def test_without_the_operators_leave_no_private_address_is_spoken_to(server: Server) -> None:
    assert code_of(server, allowed=()) == "private"


FAULTS = {
    S3Server: {
        "status 507": "full",
        "status 503": "busy",
        "status 403": "forbidden",
        "status 302": "redirect",
        "status 307": "redirect",
        "status 500": "refused",
        "cut": "cut",
        "cut while answering": "differs",
        "error in the answer": "refused",
    },
    SftpServer: {
        "full": "full",
        "cut": "cut",
        "cut while reading": "cut",
        "denied": "forbidden",
        "spoil": "differs",
    },
}


@pytest.mark.parametrize("fault", [fault for faults in FAULTS.values() for fault in faults])
def test_what_goes_wrong_there_is_told(server: Server, fault: str) -> None:
    if fault not in FAULTS[type(server)]:
        return
    server.fault = fault
    assert code_of(server) == FAULTS[type(server)][fault]


def test_a_server_that_is_gone_is_told(server: Server) -> None:
    gone = {"endpoint": "http://127.0.0.1:1"} if isinstance(server, S3Server) else {"port": 1}
    assert code_of(server, **gone) == "unreachable"


def test_an_s3_bucket_that_is_not_there_is_told(server: Server) -> None:
    if isinstance(server, S3Server):
        assert code_of(server, bucket="nobodys") == "no_bucket"


def test_an_sftp_server_is_known_by_its_key_alone(server: Server) -> None:
    if isinstance(server, SftpServer):
        another = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
        assert code_of(server, host_key=another) == "host_key"
        with pytest.raises(Failed) as failed:
            server.store(host_key="").write(NAME, b"x")
        assert (failed.value.code, failed.value.told) == ("host_key_unknown", server.host_key)


def test_an_sftp_account_is_entered_by_a_private_key_too(server: Server) -> None:
    if isinstance(server, SftpServer):
        try_out(server.store(secret=server.member.export_private_key().decode()), token=uuid4())
        assert code_of(server, secret="-----BEGIN nothing") == "key"


def test_requests_are_signed_as_botocore_signs_them() -> None:
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    ours = Signer(KEY_ID, SECRET, "eu-central-1").headers("PUT", "/b/ab%20c", {"host": "s3.example"}, b"body", at=at)
    headers = {name: ours[name] for name in ("x-amz-content-sha256", "x-amz-date")}
    request = AWSRequest("PUT", "https://s3.example/b/ab%20c", headers=headers, data=b"body")
    request.context = {"timestamp": ours["x-amz-date"], "signing": {}}
    theirs = S3SigV4Auth(Credentials(KEY_ID, SECRET), "s3", "eu-central-1")
    text = theirs.string_to_sign(request, theirs.canonical_request(request))
    assert ours["Authorization"].endswith(f"Signature={theirs.signature(text, request)}")


def test_what_is_sealed_to_somebody_is_his_to_read() -> None:
    theirs = x25519.Identity.generate()
    sealed = sealed_to(str(theirs.to_public()), b"everything")
    assert b"everything" not in sealed
    assert decrypt(sealed, [theirs]) == b"everything"
    assert is_recipient(str(theirs.to_public()))
    assert not is_recipient("age1nobody")
