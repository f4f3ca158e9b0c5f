"""The migrated cluster that is kept between runs of the tests."""

import os
from pathlib import Path

import pytest

from tests.services import clusters


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    """Files as a server has them, not all of them ours."""
    source = tmp_path / "source"
    (source / "base").mkdir(parents=True, mode=0o700)
    (source / "base" / "1").write_text("rows")
    (source / "base").chmod(0o700)
    if os.geteuid() == 0:
        os.chown(source / "base" / "1", 65534, 65534)
    return source


def test_what_is_kept_can_be_taken_by_its_name_alone(tmp_path: Path, cluster: Path) -> None:
    folder = tmp_path / "kept"
    assert not clusters.take("one", tmp_path / "target", folder=folder)
    clusters.keep("one", cluster, folder=folder)
    assert clusters.take("one", tmp_path / "target", folder=folder)
    copied = tmp_path / "target" / "base" / "1"
    assert copied.read_text() == "rows"
    assert copied.stat().st_uid == (cluster / "base" / "1").stat().st_uid
    assert copied.parent.stat().st_mode & 0o777 == 0o700
    assert not clusters.take("two", tmp_path / "other", folder=folder)


def test_a_draft_of_a_killed_run_is_not_taken_for_a_cluster(tmp_path: Path, cluster: Path) -> None:
    folder = tmp_path / "kept"
    (folder / "draft").mkdir(parents=True)
    (folder / "draft" / "half").touch()
    clusters.keep("one", cluster, folder=folder)
    assert clusters.take("one", tmp_path / "target", folder=folder)
    assert not (tmp_path / "target" / "half").exists()


def test_those_not_used_for_longest_are_let_go(tmp_path: Path, cluster: Path) -> None:
    folder = tmp_path / "kept"
    for age, name in ((300, "old"), (200, "older"), (100, "new")):
        clusters.keep(name, cluster, folder=folder)
        os.utime(folder / name, (1_700_000_000 - age, 1_700_000_000 - age))
    clusters.keep("newest", cluster, folder=folder)
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {"new", "newest"}


def test_a_folder_that_cannot_be_made_only_costs_time(tmp_path: Path, cluster: Path) -> None:
    (tmp_path / "file").touch()
    clusters.keep("one", cluster, folder=tmp_path / "file" / "kept")
    assert not clusters.take("one", tmp_path / "target", folder=tmp_path / "file" / "kept")


def test_a_changed_migration_changes_the_name(tmp_path: Path) -> None:
    for number, text in enumerate(("a", "a", "b")):
        (tmp_path / str(number) / "chat" / "migrations").mkdir(parents=True)
        (tmp_path / str(number) / "chat" / "migrations" / "0001.py").write_text(text)
    first, same, other = (clusters.fingerprint(tmp_path / str(number)) for number in range(3))
    assert first == same != other
