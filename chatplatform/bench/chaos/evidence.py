"""What is looked at beside messages when the storm is over: files, the audit trail, and what the servers say of themselves."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import psycopg

from chatplatform.bench.chaos.house import House
from chatplatform.bench.chaos.words import SIGN
from chatplatform.embedded.postgres import SUPERUSER


def plaintext(home: House, control: str) -> list[str]:
    """Files in which something lies that somebody said; `control`, which is stored in clear, must be found, else the search is worth nothing."""
    with psycopg.connect(home.stage.postgres.url(SUPERUSER), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    sign, found, is_searched = SIGN.encode(), [], False
    for path in home.folder.rglob("*"):
        content = _content(path)
        is_searched = is_searched or control.encode() in content
        if sign in content or "".join(f"{letter}\0" for letter in SIGN).encode() in content:
            found.append(str(path.relative_to(home.folder)))
    return found if is_searched else ["nothing was searched: what is stored in clear was not found either"]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() else b""
    except OSError:  # it went away meanwhile
        return b""


def trail_is_whole(home: House) -> bool:
    """As the verifier says of every organisation's."""
    lines = home.run("manage.py", "verify_audit", "--json").splitlines()
    return bool(lines) and all(json.loads(line)["ok"] for line in lines)


def open_sockets(home: House) -> int:
    """As all web servers count them together; they look every five seconds."""
    return sum(_gauge(port, "chatplatform_sockets") for port in home.ports)


def _gauge(port: int, name: str) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith(f"{name} "):
                return int(float(line.split()[1]))
    raise RuntimeError(f"{name} is not measured")
