"""Native ES modules without a build: the import map that leads plain addresses to hashed ones."""

import json
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from chatplatform.storage import module_map
from security.context import current

register = template.Library()


@register.simple_tag(takes_context=True)
def importmap(context: template.Context, *folders: str) -> SafeString:
    """The import map for modules in these folders of `static/js/`, as one script with the page's nonce.

    In development addresses are not hashed and nothing is printed. Put it before the first module: a browser
    takes no map after it has begun to load one.
    """
    wanted = tuple(static(f"js/{folder}/") for folder in folders)
    imports = {plain: hashed for plain, hashed in module_map().items() if plain.startswith(wanted)}
    if not imports:
        return SafeString("")
    return format_html(
        '<script type="importmap" nonce="{}">{}</script>',
        context.get("csp_nonce", ""),
        _script_json({"imports": imports}),
    )


@register.simple_tag
def modulepreload(*names: str) -> SafeString:
    """Links that fetch modules of `static/js/` at once instead of one import after the other."""
    return format_html_join("\n", '<link rel="modulepreload" href="{}">', ((static(f"js/{name}"),) for name in names))


@register.simple_tag
def request_id() -> str:
    """What the logs call this request; not on pages whose body must tell nothing, as that of a 404."""
    return current().request_id


def _script_json(value: Any) -> SafeString:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, separators=(",", ":"))
    return SafeString(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
