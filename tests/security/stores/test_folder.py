"""A folder as a store: what has a name is whole, and what has none is nothing."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from chat.retention.stores import name_of
from security.stores.folder import Folder
from security.stores.store import Missing

NAME = name_of(UUID(int=7), UUID(int=8))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "archive")


def test_what_is_written_is_there_once_it_is_named(folder: Folder) -> None:
    folder.write(NAME, b"everything")
    with pytest.raises(Missing):
        folder.read(NAME, most=99)
    folder.named(NAME)
    assert folder.read(NAME, most=99) == b"everything"
    assert folder.read(NAME, most=3, offset=5) == b"thi"


def test_each_step_may_be_done_again(folder: Folder) -> None:
    folder.write(NAME, b"half of it, when it was killed")
    folder.write(NAME, b"everything")
    folder.named(NAME)
    folder.named(NAME)
    assert folder.read(NAME, most=99) == b"everything"
    folder.delete(NAME)
    folder.delete(NAME)
    with pytest.raises(Missing):
        folder.read(NAME, most=99)


def test_what_was_never_written_gets_no_name(folder: Folder) -> None:
    with pytest.raises(OSError, match=r"\.part"):
        folder.named(NAME)


def test_nobody_else_may_look(folder: Folder) -> None:
    folder.write(NAME, b"everything")
    folder.named(NAME)
    assert {path.stat().st_mode & 0o777 for path in (folder.base, (folder.base / NAME).parent)} == {0o700}
    assert (folder.base / NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["", "x", "../x.cpa", "/etc/passwd", f"a/../{NAME}", f"{NAME}\n", NAME.upper()])
def test_no_other_name_leads_anywhere(folder: Folder, name: str) -> None:
    for use in (
        lambda: folder.read(name, most=99),
        lambda: folder.write(name, b""),
        lambda: folder.delete(name),
        lambda: folder.named(name),
    ):
        with pytest.raises(ValueError, match="not a name"):
            use()
