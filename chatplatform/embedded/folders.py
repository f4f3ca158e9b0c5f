"""The short private folder that holds the sockets (and, as root, the copied programs).

A socket's path may have 107 bytes at most and `VAR_DIR` can lie deep, so the folder lies below the system's temporary
folder, where names can be taken by others: it is made fresh with a random name, or taken again only if nobody else
could have put anything into it.
"""

import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .binaries import walkable_by_all
from .process import EmbeddedError

SOCKET_PATH_LIMIT = 107
_LONGEST_NAME = len("/postgres/.s.PGSQL.5432.lock")
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
    """The folder's rooms."""

    path: Path

    @property
    def postgres(self) -> Path:
        """PostgreSQL's sockets; belongs to the account that runs it."""
        return self.path / "postgres"

    @property
    def valkey(self) -> Path:
        """Valkey's socket."""
        return self.path / "valkey"

    @property
    def programs(self) -> Path:
        """A copy of PostgreSQL's programs, when `nobody` cannot read the original."""
        return self.path / "programs"

    def is_safe(self) -> bool:
        """Whether folder and rooms are real folders of their owners, closed to everybody else."""
        mode = 0o711 if servant() else 0o700
        keeper = pwd.getpwnam(servant()).pw_uid if servant() else os.geteuid()
        wanted = ((self.path, os.geteuid(), mode), (self.postgres, keeper, 0o700), (self.valkey, os.geteuid(), 0o700))
        return all(_is_folder_of(path, owner, mode) for path, owner, mode in wanted)

    def remove(self) -> None:
        """Take the folder away."""
        shutil.rmtree(self.path, ignore_errors=True)


def _is_folder_of(path: Path, owner: int, mode: int) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == owner and stat.S_IMODE(status.st_mode) == mode


def fresh_runtime() -> Runtime:
    """A new folder with its rooms."""
    runtime = Runtime(Path(tempfile.mkdtemp(prefix="chatplatform-", dir=_base())))
    account = servant()
    for room in (runtime.postgres, runtime.valkey):
        room.mkdir(mode=0o700)
    if account:
        runtime.path.chmod(0o711)
        os.chown(runtime.postgres, pwd.getpwnam(account).pw_uid, pwd.getpwnam(account).pw_gid)
    return runtime


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
