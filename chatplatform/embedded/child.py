"""Starts one server so that it cannot outlive its parent: `python -I child.py PARENT USER SIGNAL PROGRAM ARG…`.

A program of its own rather than a `preexec_fn`, which is unsafe in a process with threads. Uses the standard library
alone, and no module of this project, since it runs before anything is trusted.
"""

import ctypes
import os
import pwd
import resource
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, user: str, signal_number: int, command: list[str]) -> None:
    """Become `user` ("" keeps the present one), tie the process to `parent`, then become `command`."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if user:
        account = pwd.getpwnam(user)
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
    if sys.platform == "linux":
        # After setuid, which clears it. It counts from the parent *thread's* end: spawn from the main thread only.
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("The parent ended before its server began.")
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4:])
