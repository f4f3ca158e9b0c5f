"""What is sent to browsers: no markup from strings, nothing inline, nothing from elsewhere, no file that grew too long."""

import re

import pytest

from tests.sources import PACKAGES, PROJECT, files, named

HTML = {
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)[^>]*>"),
    "inline style": re.compile(r"<style\b|\sstyle\s*="),
    "inline handler": re.compile(r"<[^>{]*\son[a-z]+\s*="),
    "script address": re.compile(r"javascript:", re.IGNORECASE),
    "unescaped": re.compile(r"\|\s*safe\b|autoescape\s+off|\|\s*safeseq\b"),
    "foreign address": re.compile(r"(?:src|href)\s*=\s*[\"'](?:https?:)?//"),
    "primary key": re.compile(r"\{[{%][^}]*(?<!attrs)\.(?:pk|id)\b"),
}
BAD_HTML = {
    "inline script": "<script>go()</script>",
    "inline style": '<p style="color:red">',
    "inline handler": '<button onclick="go()">',
    "script address": '<a href="javascript:go()">',
    "unescaped": "{{ name|safe }}",
    "foreign address": '<img src="https://elsewhere.example/x.png">',
    "primary key": "{% url 'member' member.pk %}",
}
HTML_EXCEPTIONS = {
    (
        "templates/mfa/webauthn/authenticator_list.html",
        "primary key",
    ): "allauth's addresses, of a person's own passkeys, for that person alone",
    ("templates/_fields.html", "unescaped"): "help texts of Django's password validators, a list that Django escapes",
}
SCRIPT = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|createContextualFragment"
    r"|setHTMLUnsafe|\.srcdoc|cssText|set(?:Timeout|Interval)\(\s*[\"'`]|\bimport\s*\(\s*[\"'`](?:https?:)?//|javascript:"
)
IMPORT = re.compile(
    r"^(?:import|export)\s(?:[\w\s{},*]*?\sfrom\s)?[\"']([^\"'\n]+)[\"'];?$|\bimport\(\s*[\"']([^\"']+)[\"']",
    re.MULTILINE,
)
LIMIT = 400


def templates() -> list[str]:
    return [named(path) for path in files("templates", *PACKAGES, ends=(".html",))]


@pytest.mark.parametrize("rule", HTML)
def test_template(rule: str) -> None:
    found = {
        name: hits
        for name in templates()
        if (hits := HTML[rule].findall((PROJECT / name).read_text())) and (name, rule) not in HTML_EXCEPTIONS
    }
    assert not found, rule
    assert HTML[rule].search(BAD_HTML[rule]), "the rule finds nothing"


@pytest.mark.parametrize(("name", "rule"), HTML_EXCEPTIONS)
def test_exceptions_are_still_needed(name: str, rule: str) -> None:
    assert HTML[rule].search((PROJECT / name).read_text())


def test_mail_alone_is_unescaped() -> None:
    """Plain text has nothing to escape; whatever else is a template keeps Django's escaping."""
    unescaped = [
        name
        for path in files("templates", *PACKAGES, ends=(".txt",))
        if "autoescape off" in path.read_text() and "/email/" not in (name := named(path))
    ]
    assert not unescaped


def test_scripts_make_no_markup_from_strings() -> None:
    scripts = list(files("static", ends=(".js", ".mjs")))
    assert len(scripts) > 30
    found = {named(path): hits for path in scripts if (hits := SCRIPT.findall(path.read_text()))}
    assert not found


@pytest.mark.parametrize("bad", ["box.innerHTML = text", "eval(text)", "setTimeout('go()', 1)", "new Function(text)"])
def test_such_scripts_would_be_found(bad: str) -> None:
    assert SCRIPT.search(bad)


def test_sheets_ask_nobody_else() -> None:
    for path in files("static", ends=(".css",)):
        assert not re.search(r"@import|url\(\s*[\"']?(?:https?:)?//", path.read_text()), named(path)


def test_no_file_is_longer_than_can_be_read_at_once() -> None:
    """Code only: migrations, vendored files, tables of data and texts may be longer."""
    paths = files(*PACKAGES, "tests", "static", "templates", ends=(".py", ".js", ".css", ".html"))
    lengths = {named(path): len(path.read_text().splitlines()) for path in paths if "migrations" not in path.parts}
    assert len(lengths) > 300
    assert not {name: length for name, length in lengths.items() if length > LIMIT}


def test_modules_import_by_relative_address() -> None:
    """The import map of a page leads plain addresses to hashed ones; a bare name leads nowhere."""
    for path in files("static/js", ends=(".js",)):
        for first, second in IMPORT.findall(path.read_text()):
            assert (first or second).startswith(("./", "../")), f"{named(path)}: {first or second}"
