"""An SFTP server, known by its host key: without that anybody on the way could take its place.

Each act opens a connection of its own by `security.outgoing`, and ends in time. SFTP as spoken here cannot ask the server to flush to its disk; the
copy is read again before anything is deleted, but a server that loses power just then may lose it.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from io import StringIO
from math import inf
from socket import socket
from time import monotonic
from typing import Final

from paramiko import ECDSAKey, Ed25519Key, PKey, RSAKey, SFTPClient, Transport
from paramiko.ssh_exception import AuthenticationException, SSHException

from security.net import Networks
from security.outgoing import CONNECT_WITHIN, Refused, connect, cut_after
from security.stores.store import Failed, Missing, draft_of, sound_folder, sound_name, time_left

WITHIN: Final = 60
"""Seconds for one act."""
_QUIET: Final = 15
_SMALL_TALK: Final = 1 << 20
"""Bytes that a server may say in one act besides what was asked for."""
_MOST_LISTED: Final = 1 << 24
_ALGORITHMS: Final = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}
"""Under which a key of this type is used; all others under their own name."""
_CODES: Final = {errno.EACCES: "forbidden", errno.EPERM: "forbidden", errno.ENOSPC: "full", errno.EDQUOT: "full"}

logger = logging.getLogger(__name__)
logging.getLogger("paramiko").setLevel(
    logging.CRITICAL
)  # what fails is told by codes; its own lines hold names of hosts


class _Measured:
    """A connection that ends after so many bytes from the other side: SSH believes each length that a server writes, before anybody signed in even."""

    def __init__(self, raw: socket, most: int) -> None:
        self._raw, self._left = raw, most
        self.send, self.settimeout, self.getpeername = raw.send, raw.settimeout, raw.getpeername

    def recv(self, size: int) -> bytes:
        """b"" at the end, theirs or ours."""
        data = self._raw.recv(min(size, self._left))
        self._left -= len(data)
        return data

    def close(self) -> None:
        self._raw.close()

    @property
    def _closed(self) -> bool:  # Transport looks at it while it ends
        return self._raw.fileno() < 0


@dataclass(frozen=True, slots=True)
class Sftp:
    """A folder of an account. `host_key` is a line such as "ssh-ed25519 AAAA…"; `secret` a password, or a private key in PEM."""

    host: str
    port: int
    user: str
    folder: str
    host_key: str
    secret: str = field(repr=False)
    allowed: Networks = ()
    within: float = WITHIN
    until: float = inf
    """On the monotonic clock: when all acts end."""

    def write(self, name: str, data: bytes) -> None:
        draft = self._path(draft_of(name))
        with self._session(len(data) // 16) as files:  # each packet of 32 KiB is answered
            self._make_folders(files, name)
            with files.open(draft, "wb") as file:
                file.write(data)
            if files.stat(draft).st_size != len(data):
                raise Failed("short")

    def named(self, name: str) -> None:
        draft, path = self._path(draft_of(name)), self._path(sound_name(name))
        with self._session() as files:
            try:
                files.stat(draft)
            except FileNotFoundError:
                files.stat(path)
                return
            try:
                files.posix_rename(draft, path)
            except FileNotFoundError:
                raise
            except OSError:  # a server without that extension renames onto nothing only
                _quietly(partial(files.remove, path))
                files.rename(draft, path)

    def read(self, name: str, *, most: int, offset: int = 0) -> bytes:
        path = self._path(sound_name(name))
        with self._session(most) as files, files.open(path, "rb") as file:
            file.seek(offset)
            file.prefetch(min(file.stat().st_size or 0, offset + most))  # what it says is a hint of how much to ask for
            return bytes(file.read(most))

    def delete(self, name: str) -> None:
        paths = [self._path(sound_name(name)), self._path(draft_of(name))]
        with self._session() as files:
            for path in paths:
                _quietly(partial(files.remove, path))

    def names(self, folder: str) -> list[str]:
        path = self._path(sound_folder(folder))
        try:
            with self._session(_MOST_LISTED) as files:
                found = files.listdir(path)
        except Missing:
            return []
        return sorted(f"{folder}/{name}" for name in found if not name.startswith("."))

    def _path(self, name: str) -> str:
        return f"{self.folder.rstrip('/')}/{name}" if self.folder else name

    def _make_folders(self, files: SFTPClient, name: str) -> None:
        """Below the one that was configured, which has to be there."""
        path = self.folder.rstrip("/")
        for part in name.split("/")[:-1]:
            path = f"{path}/{part}" if path else part
            try:
                files.stat(path)
            except FileNotFoundError:
                files.mkdir(path, 0o700)

    @contextmanager
    def _session(self, awaited: int = 0) -> Iterator[SFTPClient]:
        """Signed in, to be sent `awaited` bytes. Missing for a file that is not there; Failed for everything else."""
        left = time_left(self.within, self.until)
        ends = monotonic() + left
        try:
            raw = connect(self.host, self.port, allowed=self.allowed, within=min(CONNECT_WITHIN, left))
        except Refused as refused:
            raise Failed(refused.code) from None
        with raw, cut_after(ends - monotonic(), raw):
            try:
                transport = Transport(_Measured(raw, _SMALL_TALK + awaited + awaited // 8))
                try:
                    yield self._signed_in(transport)
                finally:
                    transport.close()
            except FileNotFoundError:
                raise Missing from None
            except (Failed, Missing):
                raise
            except AuthenticationException:
                raise Failed("forbidden") from None
            except TimeoutError:
                raise Failed("late") from None
            except (SSHException, EOFError):
                raise Failed("cut") from None
            except OSError as error:
                raise Failed(
                    _CODES.get(error.errno or 0, "full" if "space" in str(error).lower() else "refused")
                ) from None
            except Exception as odd:  # noqa: BLE001 - paramiko parses a stranger's packets, and lets out what it meets there
                logger.warning("An SFTP server said what cannot be read: %s", type(odd).__name__)
                raise Failed("cut") from None

    def _signed_in(self, transport: Transport) -> SFTPClient:
        transport.banner_timeout = transport.auth_timeout = _QUIET
        kind = self.host_key.partition(" ")[0]
        if kind:
            try:
                transport.get_security_options().key_types = _ALGORITHMS.get(kind, (kind,))
            except ValueError:
                raise Failed("host_key") from None
        transport.start_client(timeout=_QUIET)
        shown = transport.get_remote_server_key()
        line = f"{shown.get_name()} {shown.get_base64()}"
        if not self.host_key:
            raise Failed("host_key_unknown", line)
        if line != self.host_key:
            raise Failed("host_key", line)
        if self.secret.startswith("-----BEGIN"):
            transport.auth_publickey(self.user, private_key(self.secret))
        else:
            transport.auth_password(self.user, self.secret, fallback=False)
        files = SFTPClient.from_transport(transport)
        if files is None:
            raise Failed("refused")
        files.get_channel().settimeout(_QUIET)
        return files


def private_key(text: str) -> PKey:
    """A private key without a passphrase. Failed("key")."""
    for kind in (Ed25519Key, ECDSAKey, RSAKey):
        try:
            return kind.from_private_key(StringIO(text))
        except (SSHException, ValueError, IndexError, TypeError, AssertionError):
            continue
    raise Failed("key")


def _quietly(work: Callable[[], object]) -> None:
    try:
        work()
    except FileNotFoundError:
        return
