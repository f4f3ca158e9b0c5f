"""Static files under names that carry their hash, to be cached for ever."""

import re
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, staticfiles_storage
from django.core.files.base import ContentFile, File

from chatplatform.comments import without_comments

_HASHED = re.compile(r"\.[0-9a-f]{12}\.[^./]+$")


class HashedStorage(ManifestStaticFilesStorage):
    """Hashes names; the imports inside of JavaScript stay as written and are led by the page's import map.

    Django's own rewriting of imports skips those without a semicolon, silently.
    """

    support_js_module_import_aggregation = False
    manifest_strict = True

    def _save(self, name: str, content: "File[Any]") -> str:
        """Collect a file; our own modules without their comments, a third of what a visitor would wait for."""
        if name.startswith("js/") and name.endswith(".js"):
            content = ContentFile(without_comments(content.read().decode()).encode(), name)
        saved: str = super()._save(name, content)  # type: ignore[misc]  # the stubs leave it out
        return saved


def module_map() -> dict[str, str]:
    """Plain address → hashed address of each module; empty in development, where addresses are plain."""
    return {
        settings.STATIC_URL + name: settings.STATIC_URL + target
        for name, target in sorted(getattr(staticfiles_storage, "hashed_files", {}).items())
        if name.startswith("js/") and name.endswith(".js")
    }


def is_immutable(path: str, url: str) -> bool:  # noqa: ARG001
    """Whether WhiteNoise may let browsers keep the file for ever."""
    return bool(_HASHED.search(url))
