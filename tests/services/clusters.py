"""A migrated cluster, kept between runs in the project's `var/tests/`: nothing is migrated twice.

It is named by what went into it, so a changed migration finds none and makes another. Runs may begin at once: each works
on a copy of its own, and a lock is held while files are copied.
"""

import hashlib
import os
import shutil
from pathlib import Path

import psycopg
from psycopg import sql

from chatplatform.embedded import locks
from chatplatform.embedded.folders import servant
from chatplatform.embedded.postgres import DATABASE, SUPERUSER, Postgres

_PROJECT = Path(__file__).resolve().parents[2]
FOLDER = _PROJECT / "var" / "tests"
_SOURCES = (
    "*/migrations/*.py",
    "security/scoping/*.py",
    "chatplatform/embedded/postgres.py",
    "chatplatform/roles.py",
    "chatplatform/settings.py",
    "requirements-dev.lock",
    "tests/services/*.py",
)
_KEPT = 2
TEMPLATE = f"{DATABASE}_template"
"""The migrated database in it, without a row of anybody's."""


def fingerprint(project: Path = _PROJECT) -> str:
    """Of all that makes the template what it is, and of the account that its files belong to."""
    digest = hashlib.sha256(servant().encode())
    for pattern in _SOURCES:
        for path in sorted(project.glob(pattern)):
            digest.update(f"{path.relative_to(project)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def take(name: str, target: Path, *, folder: Path = FOLDER) -> bool:
    """Copy the kept cluster to `target`; False when there is none."""
    kept = folder / name
    if not kept.is_dir():
        return False
    with locks.exclusively(folder / "lock"):
        if not kept.is_dir():
            return False
        _copy(kept, target)
        os.utime(kept)
    return True


def start_migrated(postgres: Postgres) -> None:
    """Start a server of a test's own on a copy of the kept cluster, as an installation whose migrations are done; without one, on new files."""
    is_migrated = take(fingerprint(), postgres.data)
    postgres.start()
    if is_migrated:
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(TEMPLATE), sql.Identifier(DATABASE))
        with psycopg.connect(postgres.url(SUPERUSER, "postgres"), autocommit=True) as connection:
            connection.execute(rename)


def keep(name: str, source: Path, *, folder: Path = FOLDER) -> None:
    """Keep the cluster in `source`, whose server has stopped, and let go of those that were not used for longest."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locks.exclusively(folder / "lock"):
            if (folder / name).exists():
                return  # another run was faster
            draft = folder / "draft"
            shutil.rmtree(draft, ignore_errors=True)  # of a run that was killed
            _copy(source, draft)
            draft.replace(folder / name)
            clusters = sorted(
                (path for path in folder.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime
            )
            for old in clusters[:-_KEPT]:
                shutil.rmtree(old)
    except OSError:
        return  # a folder that cannot be written costs time, nothing else


def _copy(source: Path, target: Path) -> None:
    """With its owners: as root the server runs as another account."""
    shutil.copytree(source, target, dirs_exist_ok=True)
    for original, copied in (
        (source, target),
        *((path, target / path.relative_to(source)) for path in source.rglob("*")),
    ):
        status = original.stat()
        if os.geteuid() == 0:
            os.chown(copied, status.st_uid, status.st_gid)
    os.utime(target)
