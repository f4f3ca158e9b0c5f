"""Static files under hashed names."""

from pathlib import Path

import pytest
from django.conf import settings as project
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from pytest_django.fixtures import Settings

from chatplatform import storage


@pytest.mark.parametrize(
    ("url", "immutable"),
    [
        ("/static/js/widget/main.0123456789ab.js", True),
        ("/static/css/tokens.0123456789ab.css", True),
        ("/static/js/widget/main.js", False),
        ("/static/js/widget/main.min.js", False),
        ("/static/a.0123456789ab", False),
    ],
)
def test_only_hashed_names_are_kept_for_ever(url: str, immutable: bool) -> None:
    assert storage.is_immutable("", url) is immutable


def test_every_module_is_led_to_a_hashed_file_that_exists(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = {
        **project.STORAGES,
        "staticfiles": {"BACKEND": "chatplatform.storage.HashedStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    modules = storage.module_map()
    sources = {path.relative_to(project.BASE_DIR / "static") for path in (project.BASE_DIR / "static/js").rglob("*.js")}
    assert {f"/static/{path}" for path in sources} <= set(modules)
    for hashed in modules.values():
        assert storage.is_immutable("", hashed)
        assert (tmp_path / hashed.removeprefix("/static/")).is_file()


def test_in_development_addresses_are_plain() -> None:
    assert storage.module_map() == {}
    assert staticfiles_storage.url("js/x.js") == "/static/js/x.js"
