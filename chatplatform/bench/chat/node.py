"""The peers on Node: their packages are installed on demand, by the lock beside them, into a cache of the installation."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Final

from chatplatform.embedded import locks

PEERS: Final = Path(__file__).parent / "peers"
_MANIFEST: Final = ("package.json", "package-lock.json")
_SCRIPTS: Final = ("store.mjs", "ws.mjs", "socketio.mjs")
_SECONDS: Final = 180


class Missing(RuntimeError):
    """Why the peers on Node cannot take part, as one sentence."""


def prepared(cache: Path) -> tuple[str, Path]:
    """Node, and the folder in which the peers' scripts stand beside their packages."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise Missing("node and npm are not there, so nothing is measured beside Socket.IO and ws.")
    digest = hashlib.sha256(b"".join((PEERS / name).read_bytes() for name in _MANIFEST)).hexdigest()[:16]
    folder = cache / digest
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locks.exclusively(cache / "lock"):
        for name in (*_MANIFEST, *_SCRIPTS):
            shutil.copyfile(PEERS / name, folder / name)
        if not (folder / "installed").exists():
            _install(npm, folder)
            (folder / "installed").touch()
    return node, folder


def _install(npm: str, folder: Path) -> None:
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(  # noqa: S603
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise Missing("npm did not install the peers' packages in time.") from None
    if done.returncode != 0:
        last = (done.stderr.strip() or "it does not say why").splitlines()[-1]
        raise Missing(f"npm cannot install the peers' packages, so nothing is measured beside them: {last}")
