"""Real servers that others wrote, in threads of the test's process: moto's S3 and asyncssh's SFTP. `fault` says what goes wrong from now on."""

from __future__ import annotations

import asyncio
import hmac
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import asyncssh
import boto3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from security.net import networks
from security.stores.s3 import S3
from security.stores.sftp import Sftp

HERE = networks(("127.0.0.0/8",))
KEY_ID, SECRET, BUCKET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "transcripts"
LOCKED = "checkpoints"
"""A bucket that can lock its objects."""
ENDLESS = 64
"""Mebibytes that a server sends which does not stop by itself."""
USER, PASSWORD = "archive", "correct-horse-battery"


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - as werkzeug has it
        """Say nothing."""


class S3Server:
    """moto behind a door that checks signatures with botocore, and lets go wrong what `fault` names."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        self.fault = ""
        self.asked: list[tuple[str, str]] = []
        self.mebibytes = 0
        self._never = threading.Event()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.client.create_bucket(Bucket=BUCKET)
        self.client.create_bucket(Bucket=LOCKED, ObjectLockEnabledForBucket=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @cached_property
    def client(self) -> Any:
        """As its owner."""
        keys = {"aws_access_key_id": KEY_ID, "aws_secret_access_key": SECRET, "region_name": "us-east-1"}
        config = Config(proxies={}, s3={"addressing_style": "path"})
        return boto3.client("s3", endpoint_url=self.endpoint, config=config, **keys)

    def store(self, **other: Any) -> S3:
        """As the organisation configured it."""
        values = {"endpoint": self.endpoint, "region": "us-east-1", "bucket": BUCKET, "folder": "chat"}
        return S3(**{**values, "key_id": KEY_ID, "secret": SECRET, "allowed": HERE, **other})

    def names(self) -> list[str]:
        return [row["Key"] for row in self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    def empty(self) -> None:
        for name in self.names():
            self.client.delete_object(Bucket=BUCKET, Key=name)

    def spoil(self, name: str) -> None:
        """A bit of an object is another."""
        data = bytearray(self.client.get_object(Bucket=BUCKET, Key=name)["Body"].read())
        data[-1] ^= 1
        self.client.put_object(Bucket=BUCKET, Key=name, Body=bytes(data))

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ.get("RAW_URI", environ["PATH_INFO"])
        self.asked.append((method, path))
        fault = self.fault if environ.get("HTTP_USER_AGENT") is None else ""
        if fault.startswith("status"):
            start(
                f"{fault.removeprefix('status ')} Fault", [("Location", "http://127.0.0.1:1/"), ("Content-Length", "0")]
            )
            return [b""]
        if fault == "slow":
            self._never.wait(0.2)
        if fault == "cut":
            environ["werkzeug.socket"].close()
            raise ConnectionError
        if fault == "cut while answering" and method == "GET":
            start("200 OK", [("Content-Length", "1000000")])
            return [b"half of it"]
        if fault == "endless" and method == "GET":
            start("200 OK", [("Content-Length", str(ENDLESS << 20))])
            return self._endless()
        if fault == "error in the answer" and "HTTP_X_AMZ_COPY_SOURCE" in environ:
            start("200 OK", [])
            return [b"<?xml version='1.0'?><Error><Code>InternalError</Code></Error>"]
        if environ.get("HTTP_USER_AGENT") is None and not self._is_signed(environ, method, path):
            start("403 Forbidden", [("Content-Length", "0")])
            return [b""]
        if fault == "knows no locks":
            environ = {name: value for name, value in environ.items() if "OBJECT_LOCK" not in name}
        if fault == "locks for a day" and "HTTP_X_AMZ_OBJECT_LOCK_RETAIN_UNTIL_DATE" in environ:
            day = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
            environ = environ | {"HTTP_X_AMZ_OBJECT_LOCK_RETAIN_UNTIL_DATE": day}
        answer: Iterable[bytes] = self._moto(environ, start)
        return answer

    def _endless(self) -> Iterator[bytes]:
        for self.mebibytes in range(1, ENDLESS + 1):
            yield bytes(1 << 20)

    def _is_signed(self, environ: dict[str, Any], method: str, path: str) -> bool:
        """As botocore would have signed it."""
        given = environ.get("HTTP_AUTHORIZATION", "")
        names = given.partition("SignedHeaders=")[2].partition(",")[0].split(";")
        headers = {name: environ[f"HTTP_{name.upper().replace('-', '_')}"] for name in names}
        request = AWSRequest(method=method, url=f"{self.endpoint}{path}", headers=headers)
        request.context = {"timestamp": headers["x-amz-date"], "signing": {}}
        signer = S3SigV4Auth(Credentials(KEY_ID, SECRET), "s3", "us-east-1")
        text = signer.string_to_sign(request, signer.canonical_request(request))
        expected = signer.signature(text, request)
        return hmac.compare_digest(expected, given.partition("Signature=")[2])


class _Files(asyncssh.SFTPServer):
    fault = ""

    async def write(self, file_obj: object, offset: int, data: bytes) -> int:
        if self.fault == "full":
            raise asyncssh.SFTPFailure("No space left on device")
        if self.fault == "cut":
            self.channel.get_connection().abort()
        return int(await _done(super().write(file_obj, offset, data[:-1] + b"!" if self.fault == "spoil" else data)))

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        if self.fault == "cut while reading":
            self.channel.get_connection().abort()
        return bytes(await _done(super().read(file_obj, offset, size)))

    def fstat(self, file_obj: object) -> Any:
        said = super().fstat(file_obj)
        return asyncssh.SFTPAttrs(size=1 << 40) if self.fault == "endless" else said

    async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        if self.fault == "slow":
            await asyncio.sleep(0.2)
        if self.fault == "denied":
            raise asyncssh.SFTPPermissionDenied("no")
        return await _done(super().open(path, pflags, attrs))


async def _done(value: Any) -> Any:
    return await value if asyncio.iscoroutine(value) else value


class _Door(asyncssh.SSHServer):
    entered: ClassVar[list[asyncssh.SSHServerConnection]] = []

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.entered.append(conn)

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


class _SshServer:
    """asyncssh in a thread, as long as the block lasts; `options` are those of its `listen`."""

    def __init__(self) -> None:
        self.key, self.port, self._ready = asyncssh.generate_private_key("ssh-ed25519"), 0, threading.Event()
        self.host_key = self.key.export_public_key().decode().strip()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        self._ready.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(20)

    def options(self) -> dict[str, Any]:
        raise NotImplementedError

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        async with await asyncssh.listen("127.0.0.1", 0, server_host_keys=[self.key], **self.options()) as server:
            self.port = server.sockets[0].getsockname()[1]
            self._ready.set()
            await self._end.wait()
        await _all_ended()


class OddServer(_SshServer):
    """asyncssh, which answers each packet of SFTP with the next of `said`, then ends what it says."""

    said: tuple[bytes, ...] = ()

    def options(self) -> dict[str, Any]:
        return {"server_factory": lambda: _OddDoor(self), "encoding": None}

    def store(self) -> Sftp:
        return Sftp("127.0.0.1", self.port, USER, "chat", self.host_key, PASSWORD, allowed=HERE)


class _OddDoor(_Door):
    def __init__(self, server: OddServer) -> None:
        self._server = server

    def session_requested(self) -> _Said:
        return _Said(list(self._server.said))


class _Said(asyncssh.SSHServerSession[bytes]):
    def __init__(self, said: list[bytes]) -> None:
        self._said, self._heard = said, b""

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self._channel = chan

    def subsystem_requested(self, subsystem: str) -> bool:
        return subsystem == "sftp"

    def data_received(self, data: bytes, datatype: int | None) -> None:  # noqa: ARG002 - as asyncssh has it
        self._heard += data
        while self._said and len(self._heard) >= 4 + (size := int.from_bytes(self._heard[:4], "big")):
            self._heard = self._heard[4 + size :]
            self._channel.write(self._said.pop(0))
            if not self._said:
                self._channel.write_eof()


class SftpServer(_SshServer):
    """asyncssh, with a folder of its own."""

    def __init__(self, folder: Path, *, member: asyncssh.SSHKey | None = None) -> None:
        super().__init__()
        self.folder = folder
        self.member = member or asyncssh.generate_private_key("ssh-ed25519")

    def options(self) -> dict[str, Any]:
        (self.folder / "chat").mkdir(parents=True, exist_ok=True)
        return {
            "server_factory": _Door,
            "authorized_client_keys": asyncssh.import_authorized_keys(self.member.export_public_key().decode()),
            "sftp_factory": lambda channel: _Files(channel, chroot=bytes(self.folder)),
        }

    def store(self, **other: Any) -> Sftp:
        """As the organisation configured it."""
        values = {"host": "127.0.0.1", "port": self.port, "user": USER, "folder": "chat", "host_key": self.host_key}
        return Sftp(**{**values, "secret": PASSWORD, "allowed": HERE, **other})

    @property
    def fault(self) -> str:
        return _Files.fault

    @fault.setter
    def fault(self, fault: str) -> None:
        _Files.fault = fault

    def names(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())

    def empty(self) -> None:
        for name in self.names():
            (self.folder / name).unlink()

    def spoil(self, name: str) -> None:
        path = self.folder / name
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(bytes(data))


async def _all_ended() -> None:
    for connection in _Door.entered:
        connection.abort()
        await connection.wait_closed()
    _Door.entered.clear()


@contextmanager
def either(kind: str, folder: Path) -> Iterator[S3Server | SftpServer]:
    """One of the two."""
    with S3Server() if kind == "s3" else SftpServer(folder) as server:
        yield server
