"""The short private folder that holds the sockets (and, as root, the copied programs).

A socket's path may have 107 bytes at most and `VAR_DIR` can lie deep, so the folder lies below the system's temporary
folder, where names can be taken by others: it is made fresh with a random name, or taken again only if nobody else
could have put anything into it.
"""

import os
import pwd
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import temporary
from .binaries import walkable_by_all
from .process import EmbeddedError

SOCKET_PATH_LIMIT = 107
_LONGEST_NAME = len("/sockets/.s.PGSQL.5432.lock")
_SERVANT = "nobody"


def servant() -> str:
    """The account that runs PostgreSQL: "" for the present one; as root, which it refuses, `nobody`."""
    if os.geteuid() != 0:
        return ""
    try:
        pwd.getpwnam(_SERVANT)
    except KeyError:
        raise EmbeddedError("As root PostgreSQL runs as the account nobody, and this machine has none.") from None
    return _SERVANT


def present_user() -> str:
    """The name that `peer` authentication sees for this process."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise EmbeddedError(f"User {os.geteuid()} has no entry in the user database, which peer needs.") from None


@dataclass(frozen=True, slots=True)
class Runtime:
    """One server's folder; `account` runs the server, "" for the present user."""

    path: Path
    account: str = ""

    @property
    def sockets(self) -> Path:
        """Where the server puts its socket; belongs to the account that runs it and to nobody else."""
        return self.path / "sockets"

    @property
    def programs(self) -> Path:
        """A copy of the server's programs, when its account cannot read the original."""
        return self.path / "programs"

    def is_safe(self) -> bool:
        """Whether both are real folders of their owners, closed to everybody else."""
        user = os.geteuid()
        keeper = pwd.getpwnam(self.account).pw_uid if self.account else user
        outer = 0o711 if self.account else 0o700
        return _is_folder_of(self.path, user, outer) and _is_folder_of(self.sockets, keeper, 0o700)

    def remove(self) -> None:
        """Take the folder away."""
        temporary.remove(self.path)


def _is_folder_of(path: Path, owner: int, mode: int) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == owner and stat.S_IMODE(status.st_mode) == mode


def fresh_runtime(account: str = "") -> Runtime:
    """A new folder for a server that runs as `account`."""
    runtime = Runtime(temporary.make(base=_base()), account)
    runtime.sockets.mkdir(mode=0o700)
    if account:
        runtime.path.chmod(0o711)
        os.chown(runtime.sockets, pwd.getpwnam(account).pw_uid, pwd.getpwnam(account).pw_gid)
    return runtime


def sweep() -> None:
    """Take away the folders that killed runs left, sockets' and others."""
    for base in {_base(), Path(tempfile.gettempdir()).resolve()}:
        temporary.sweep(base)


def _base() -> Path:
    """The first temporary folder that is short, and as root can be walked by `nobody` and runs programs."""
    for candidate in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp")):  # noqa: S108
        path = Path(candidate).resolve()
        if len(str(path)) + len("/chatplatform-12345678") + _LONGEST_NAME > SOCKET_PATH_LIMIT or not path.is_dir():
            continue
        if servant() and (not walkable_by_all(path) or os.statvfs(path).f_flag & os.ST_NOEXEC):
            continue
        if os.access(path, os.W_OK | os.X_OK):
            return path
    raise EmbeddedError("No temporary folder is short and open enough for the database's socket; set TMPDIR.")
