"""Who acts, in which request: each has a name of its own."""

from __future__ import annotations

import subprocess
import sys

from security.context import ANONYMOUS, Context, acting, current, new_request_id

FORKED = """
import os
from security.context import new_request_id
new_request_id()
child = os.fork()
if child:
    os.waitpid(child, 0)
print(new_request_id(), flush=True)
"""


def test_each_request_has_another_id() -> None:
    found = [new_request_id() for _ in range(1_000)]
    assert len(set(found)) == 1_000
    assert {len(one) for one in found} == {16}


def test_a_process_that_forks_and_its_child_have_different_ids() -> None:
    done = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, check=True)
    childs, parents = done.stdout.split()
    assert childs != parents


def test_what_is_not_said_is_inherited_and_the_outer_block_restored() -> None:
    with acting(address="192.0.2.1", session="s", request_id="outer"):
        with acting(conversation="c"):
            assert current() == Context(ANONYMOUS, "192.0.2.1", "outer", "s", "c")
        assert current().conversation is None
