"""What ends a thread or a process, and warnings, are lines of the log: named, not quoted. Tried in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sources import PROJECT

WORDS = "the private words of somebody"
WAYS = {
    "process": f"raise ValueError({WORDS!r})",
    "thread": f"import threading\ndef work():\n    raise KeyError({WORDS!r})\nthreading.Thread(target=work).start()",
    "destructor": f"class Kept:\n    def __del__(self):\n        raise KeyError({WORDS!r})\nkept = Kept()\ndel kept",
    "task": (
        f"import asyncio\nasync def work():\n    raise ValueError({WORDS!r})\n"
        "async def main():\n    asyncio.get_running_loop().create_task(work())\n    await asyncio.sleep(0)\n"
        "asyncio.run(main())"
    ),
    "warning": f"import warnings\nwarnings.warn({WORDS!r} + '', RuntimeWarning)",
    "task of a worker": (
        "from chatplatform.celery import app\napp.log.setup_logging_subsystem()\n"
        "from celery.utils.log import get_task_logger\n"
        f"try:\n    raise KeyError({WORDS!r})\nexcept KeyError:\n    get_task_logger('x').exception('failed')"
    ),
    "record": f"import logging\nlogging.getLogger('x').error('%d', {WORDS!r})",
    "stream": (
        "import logging, sys\nclass Full:\n    def write(self, text):\n        raise OSError(28, text)\n    flush = write\n"
        f"logging.getLogger().handlers[0].stream = Full()\nlogging.getLogger('x').error('said %s', {WORDS!r})"
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_quoted(way: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    # Where a traceback quotes a line of the source, the words must not be on it: they are put together at run time.
    words = f'"".join({[*WORDS]!r})'
    script.write_text("import django\ndjango.setup()\n" + WAYS[way].replace(repr(WORDS), words))
    given = {**os.environ, "PYTHONPATH": str(PROJECT)}
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=False, env=given)
    assert WORDS not in ended.stdout + ended.stderr
    if way != "stream":
        assert ended.stderr.startswith("20"), ended.stderr
        assert len([line for line in ended.stderr.splitlines() if not line.startswith("    | ")]) == 1, ended.stderr
    assert ended.returncode == (1 if way == "process" else 0)
