"""`python -m tests.security.crypto.replacer TENANT`: takes the step that a line on stdin names, in a child that dies by SIGKILL in the midst of it.

A line is `inside` or `after`, an act and its time: inside, all was done but the commit. It answers each with the child's status.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime

import django

django.setup()  # what follows imports models

from security.crypto import replacing  # noqa: E402
from security.scoping import tenant_scope  # noqa: E402


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def act(tenant_id: int, where: str, name: str, at: str) -> None:
    now = datetime.fromisoformat(at)
    with tenant_scope(tenant_id):
        if name == "announce":
            replacing.announce(now=now)
        else:
            replacing.advance(now=now, at_once=4)
        if where == "inside":
            die()
    die()


if __name__ == "__main__":
    for line in sys.stdin:
        child = os.fork()  # before anything was connected: no two share a socket
        if not child:
            act(int(sys.argv[1]), *line.split())
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)}\n")
        sys.stdout.flush()
