"""Temporary folders of killed processes go with the next start; those in use, and those of others, stay."""

import os
import subprocess
import sys
import time
from pathlib import Path

from chatplatform.embedded import temporary

_MAKE = """
import sys
from pathlib import Path
from chatplatform.embedded import temporary
print(temporary.make("test-", base=Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


def test_what_a_killed_process_left_is_taken_away(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _MAKE, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        assert temporary.sweep(tmp_path) == []  # it is in use
        assert folder.stat().st_mode & 0o777 == 0o700
        process.kill()
        process.wait()
        assert temporary.sweep(tmp_path) == [folder]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_taken_over_from_a_dead_process_stays(tmp_path: Path) -> None:
    left = tmp_path / "chatplatform-left"
    left.mkdir()
    (left / "in-use").touch()
    temporary.claim(left)
    assert temporary.sweep(tmp_path) == []
    temporary.remove(left)
    assert not left.exists()


def test_a_folder_without_a_lock_has_a_day(tmp_path: Path) -> None:
    (tmp_path / "chatplatform-made-just-now").mkdir()
    assert temporary.sweep(tmp_path) == []
    assert temporary.sweep(tmp_path, now=time.time() + 25 * 3600) == [tmp_path / "chatplatform-made-just-now"]


def test_what_is_no_folder_of_this_account_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "chatplatform-link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "chatplatform-file").touch()
    (tmp_path / "chatplatform-stranger").mkdir()
    if os.geteuid() == 0:
        os.chown(tmp_path / "chatplatform-stranger", 65534, 65534)
    else:
        (tmp_path / "chatplatform-stranger").rmdir()
    before = set(tmp_path.iterdir())
    assert temporary.sweep(tmp_path, now=time.time() + 25 * 3600) == []
    assert set(tmp_path.iterdir()) == before
