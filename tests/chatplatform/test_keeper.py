"""The embedded parts live as long as their last user, however users and keepers end."""

import contextlib
import fcntl
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from chatplatform.embedded import locks
from chatplatform.embedded.process import EmbeddedError
from chatplatform.embedded.state import Layout, Part
from chatplatform.embedded.use import is_kept

_HOLD = """
import sys
from pathlib import Path
from chatplatform.embedded import use
from chatplatform.embedded.state import Layout, Part
layout = Layout(Path(sys.argv[1]))
use.hold(layout, [Part.VALKEY])
print(layout.urls().redis, flush=True)
sys.stdin.read()
"""


class User:
    """A process that uses Valkey until it is told to end."""

    def __init__(self, var: Path) -> None:
        command = [sys.executable, "-c", _HOLD, str(var)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    def pid_of_server(self) -> int:
        """The server's own word."""
        with redis.Redis.from_url(self.url) as client:
            return int(client.info("server")["process_id"])

    def end(self) -> None:
        """As a program that is done."""
        self.process.communicate("")

    def kill(self) -> None:
        """As kill -9."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    """A fresh VAR_DIR, with nothing running on it afterwards."""
    yield tmp_path / "var"
    _until(lambda: not is_kept(Layout(tmp_path / "var"), Part.VALKEY))


def _until(fact: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def _keeper_pid(var: Path) -> int:
    """The process that holds the keeper's lock."""
    inode = (var / "run/valkey.keeper").stat().st_ino
    lines = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return next(int(words[4]) for words in lines if words[1] == "FLOCK" and words[5].endswith(f":{inode}"))


def test_two_users_share_one_server_which_ends_with_the_second(var: Path) -> None:
    first, second = User(var), User(var)
    assert first.url == second.url
    pid = first.pid_of_server()
    first.end()
    assert second.pid_of_server() == pid
    folder = Path(second.url.removeprefix("unix://").partition("?")[0]).parents[1]
    second.end()
    _until(lambda: not is_kept(Layout(var), Part.VALKEY))
    assert not folder.exists()


def test_a_killed_user_leaves_nothing_running(var: Path) -> None:
    user = User(var)
    user.pid_of_server()
    user.kill()
    _until(lambda: not is_kept(Layout(var), Part.VALKEY))


def test_a_server_that_dies_is_started_again_at_the_same_address(var: Path) -> None:
    user = User(var)
    old = user.pid_of_server()
    os.kill(old, signal.SIGKILL)

    def is_back() -> bool:
        try:
            return user.pid_of_server() != old
        except redis.RedisError:
            return False

    _until(is_back)
    user.end()


def test_a_killed_keeper_takes_its_server_along_and_the_next_user_starts_both(var: Path) -> None:
    first = User(var)
    server = first.pid_of_server()
    os.kill(_keeper_pid(var), signal.SIGKILL)
    _until(lambda: not is_kept(Layout(var), Part.VALKEY))
    second = User(var)
    assert second.pid_of_server() != server
    assert second.url == first.url  # the first one's address is true again
    first.end()
    second.end()


def test_a_server_that_outlives_its_keeper_leaves_the_next_ones_address_alone(var: Path) -> None:
    first = User(var)
    server = first.pid_of_server()
    ended = os.pidfd_open(server)
    os.kill(server, signal.SIGSTOP)
    os.kill(_keeper_pid(var), signal.SIGKILL)
    _until(lambda: not is_kept(Layout(var), Part.VALKEY))
    second = User(var)
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(ended, signal.SIGCONT)
    assert select.select([ended], [], [], 30)[0]
    os.close(ended)
    is_there = Path(second.url.removeprefix("unix://").partition("?")[0]).exists()
    first.end()
    second.end()
    assert is_there


def test_many_who_begin_at_once_get_one_server(var: Path) -> None:
    command = [sys.executable, "-c", _HOLD, str(var)]
    many = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(5)]
    urls = {process.stdout.readline() for process in many if process.stdout}
    assert len(urls) == 1
    assert urls != {""}
    for process in many:
        process.communicate("")


def test_a_keeper_that_is_seen_while_it_ends_is_followed_by_another(var: Path) -> None:
    """Of a dying process's locks the kernel may give back the keeper's own last."""
    layout = Layout(var)
    layout.make()
    with ThreadPoolExecutor(1) as pool:
        with locks.exclusively(layout.run / "valkey.keeper"):
            starting = pool.submit(User, var)
            _until(lambda: _is_used(layout))
            with locks.exclusively(layout.run / "valkey.start"):  # the user has looked, and found a keeper
                assert is_kept(layout, Part.VALKEY)
        user = starting.result(30)
    assert user.pid_of_server()
    user.end()


def _is_used(layout: Layout) -> bool:
    descriptor = locks.open_lock(layout.run / "valkey.use")
    try:
        return not locks.try_exclusively(descriptor)
    finally:
        os.close(descriptor)


def test_a_folder_that_cannot_be_written_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedError, match=r"^VAR_DIR .*/file/var cannot be made: Not a directory\.$"):
        Layout(tmp_path / "file" / "var").make()


def test_a_lock_is_given_back_when_its_holder_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not locks.is_held(path)
    with locks.exclusively(path):
        assert locks.is_held(path)
    assert not locks.is_held(path)


def test_who_asks_for_a_lock_is_not_taken_for_its_holder(tmp_path: Path) -> None:
    asking = locks.open_lock(tmp_path / "lock")
    fcntl.flock(asking, fcntl.LOCK_SH)
    assert not locks.is_held(tmp_path / "lock")
    os.close(asking)
