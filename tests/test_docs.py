"""The documentation against the code: links, commands, settings, frames, codes, addresses, tables."""

import argparse
import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from chat.cookies import visitor_cookie
from chat.live.protocol import AGENT_FRAMES, VISITOR_FRAMES, parse
from chat.live.protocol.codes import DETAILS
from security.audit.registry import Action
from security.csp import CSP, DEFAULT_POLICY
from security.masking import mask
from security.masking.finding.considered import Why
from security.masking.tables import tables
from security.permissions import Permission
from security.sockets.codes import FINAL, CloseCode
from tenants.roles import ROLE_PERMISSIONS
from tests.protocol_frames import examples
from tests.sources import PROJECT, modules, tree

PAGES = [*sorted((PROJECT / "docs").rglob("*.md")), *sorted(PROJECT.glob("*.md"))]
MADE_LATER = {f"docs/images/{name}-{scheme}.png" for name in ("console", "widget") for scheme in ("light", "dark")}
"""Pictures come from `python -m tests.e2e.screenshots`, which may not have been run yet."""
PROGRAMS = {"python3", "pg_dump", "pg_restore", "node", "git"}
OWN_PROGRAMS = {".venv/bin/pip", ".venv/bin/celery", ".venv/bin/lint-imports", ".venv/bin/ruff", ".venv/bin/uv"}


def page(name: str) -> str:
    return (PROJECT / "docs" / name).read_text()


def named(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def blocks(text: str, language: str) -> list[str]:
    return list(re.findall(rf"^ *```{language}\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL))


def rows(text: str) -> list[list[str]]:
    """Cells of all tables, without their heads."""
    found = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line[:2] == "| "]
    return [row for row in found if not set("".join(row)) <= set("-| ")]


def section(text: str, title: str) -> str:
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles}


# Pages


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)]+)\)|(?:src|srcset|href)=\"([^\"]+)\"", text)
    for target in (one or two for one, two in targets):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        aim = (path.parent / file).resolve() if file else path
        assert aim.exists() or named(aim) in MADE_LATER, f"{target} leads nowhere"
        assert not anchor or anchor in anchors(aim.read_text()), f"{target} has no such heading"


def test_the_index_has_every_page() -> None:
    index = page("README.md")
    for path in (PROJECT / "docs").rglob("*.md"):
        name = path.relative_to(PROJECT / "docs").as_posix()
        assert name == "README.md" or f"({name})" in index, name


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_tests_that_are_named_are_there(path: Path) -> None:
    for test in re.findall(r"`(tests/[\w/]+\.py)`", path.read_text()):
        assert (PROJECT / test).exists(), test


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_pages_name_no_machine(path: Path) -> None:
    assert not re.search(r"/(?:home|root|tmp|work|Users)/", path.read_text())


# Commands


def shell_lines() -> Iterator[tuple[str, list[str]]]:
    for path in PAGES:
        for block in blocks(path.read_text(), "sh"):
            for line in block.replace("\\\n", " ").splitlines():
                words = [word for word in line.split("#")[0].split() if word]
                while words and re.fullmatch(r"[A-Z_]+=\S+", words[0]):
                    words.pop(0)
                if words:
                    yield named(path), words


def test_every_command_is_known() -> None:
    found = list(shell_lines())
    assert len(found) > 20
    for where, words in found:
        program = words[0]
        if program == ".venv/bin/python":
            _check_python(where, words[1:])
        elif program.startswith(("./", ".ci/")):
            assert (PROJECT / program).stat().st_mode & 0o111, f"{where}: {program}"
        else:
            assert program in PROGRAMS | OWN_PROGRAMS, f"{where}: {program}"
        for word in words[1:]:
            if word.startswith(("tests/", "static/", "docs/")):
                assert (PROJECT / word).exists(), f"{where}: {word}"


def _check_python(where: str, words: list[str]) -> None:
    if words[0] == "-m":
        ours = PROJECT / (words[1].replace(".", "/") + ".py")
        assert words[1] in {"pytest", "mypy"} or ours.exists() or words[1] == "tests.e2e.screenshots", (
            f"{where}: {words}"
        )
        return
    assert words[0] == "manage.py", f"{where}: {words}"
    name = words[1]
    assert name in get_commands(), f"{where}: {name}"
    known = options_of(name)
    for word in words[2:]:
        if word.startswith("--"):
            assert word.partition("=")[0] in known, f"{where}: {name} {word}"


def options_of(name: str) -> set[str]:
    app = get_commands()[name]
    parser: argparse.ArgumentParser = load_command_class(app, name).create_parser("manage.py", name)
    return {option for action in parser._actions for option in action.option_strings if option.startswith("--")}


def test_commands_are_described_with_their_options() -> None:
    text = page("reference/commands.md")
    ours = {name for name, app in get_commands().items() if app in {"chatplatform", "chat", "tenants", "security"}}
    described = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##)", text, re.MULTILINE | re.DOTALL))
    assert described.keys() == ours
    django = options_of("check") - {"--deploy"} | {"--tag", "--list-tags", "--fail-level", "--database"}
    for name, body in described.items():
        if name == "migrate":
            continue
        said = set(re.findall(r"^\| `(--[\w-]+)`", body, re.MULTILINE))
        assert said == options_of(name) - django - {"--skip-checks"}, name


def test_the_sql_of_deploy_is_that_of_the_code() -> None:
    from chatplatform import roles  # noqa: PLC0415  next to its one use

    noted = Noted()
    roles.prepare(
        noted, database="chatplatform", passwords={"chat_owner": "one of your own", "chat_app": "another one"}
    )
    roles.grant(noted, database="chatplatform")
    said = {" ".join(line.split()) for block in blocks(page("how-to/deploy.md"), "sql") for line in block.split(";")}
    assert said - {""} == {statement for statement in noted.statements if not statement.startswith("SELECT")}


class Noted:
    """Takes statements as a connection does, and keeps their text; nothing exists yet."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def execute(self, statement: Any, _: Any = None) -> "Noted":
        text = statement if isinstance(statement, str) else statement.as_string(None)
        self.statements.append(" ".join(text.replace('"', "").split()))
        return self

    def fetchone(self) -> None:
        return None


# Settings


def reads() -> Iterator[tuple[str, str, int | None]]:
    """Each name that the code asks its Environment for, by which reader, with a default that is written there as a number."""
    readers = {"text", "secret", "required", "boolean", "integer", "words", "_key"}
    for module in modules():
        if not module.startswith("chatplatform/"):
            continue
        for call in ast.walk(tree(module)):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in readers:
                values = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
                if values and isinstance(values[0], str):
                    number = values[1] if len(values) > 1 and type(values[1]) is int else None
                    yield call.func.attr, values[0], number


def described() -> dict[str, list[str]]:
    return {row[0].strip("`"): row for row in rows(page("reference/settings.md")) if row[0].startswith("`")}


def test_every_setting_is_described() -> None:
    table, asked = described(), {name for _, name, _ in reads()}
    assert len(asked) > 20
    limits = {f"LIMIT_{name}": value for name, value in settings.LIMITS.items()}
    assert table.keys() - {"PYTHON", "CI"} == asked | limits.keys()
    for name, default in [*((name, number) for _, name, number in reads() if number is not None), *limits.items()]:
        assert table[name][2] == str(default), name


def test_secrets_are_marked() -> None:
    """What is read by these may come from a file."""
    secrets = {name for reader, name, _ in reads() if reader in {"secret", "required", "_key"}}
    assert {name for name, row in described().items() if len(row) > 1 and "*secret*" in row[1]} == secrets


# The protocol


def frames(title: str) -> list[tuple[str, str]]:
    """The examples of one section: the heading that each stands below, and its text."""
    text = section(page("reference/protocol.md"), title)
    headings = re.split(r"^### `(\w+)`$", text, flags=re.MULTILINE)[1:]
    pairs = zip(headings[::2], headings[1::2], strict=True)
    return [(name, block.strip()) for name, body in pairs for block in blocks(body, "json")]


@pytest.mark.parametrize(
    ("title", "registry"), [("Visitor to server", VISITOR_FRAMES), ("Agent to server", AGENT_FRAMES)]
)
def test_client_frames_are_parsed(title: str, registry: Any) -> None:
    shown = frames(title)
    assert [name for name, _ in shown] == list(registry)
    for name, raw in shown:
        assert parse(raw, registry, mask).type == name


def test_client_frames_show_every_field() -> None:
    """But where two exclude each other, and credentials that the reader may leave out."""
    apart = {("transfer", "department"), ("hello", "identity"), ("typing", "preview")}
    for title, registry in (("Visitor to server", VISITOR_FRAMES), ("Agent to server", AGENT_FRAMES)):
        for name, raw in frames(title):
            left_out = set(registry[name].readers) - json.loads(raw).keys() - {"ref"}
            assert {(name, field) for field in left_out} <= apart | {("list", "department"), ("list", "agent")}, name


def test_server_frames_are_as_they_are_written() -> None:
    shown: dict[str, list[Any]] = {}
    for name, raw in frames("Server to client"):
        shown.setdefault(name, []).append(json.loads(raw))
    assert shown == examples()


def test_every_frame_of_the_server_is_shown() -> None:
    """Each frame that `protocol.server` writes, by its type."""
    source = (PROJECT / "chat/live/protocol/server.py").read_text()
    assert examples().keys() == set(re.findall(r"_encoded\(\s*\"(\w+)\"", source))


def test_codes_are_listed() -> None:
    text = page("reference/protocol.md")
    closes = {int(row[0]): row[2] == "yes" for row in rows(section(text, "Close codes")) if row[0].isdigit()}
    assert closes == {int(code): code in FINAL for code in CloseCode}
    errors = {row[0].strip("`"): row[1] for row in rows(section(text, "Error codes")) if row[0] != "code"}
    assert errors == {code.value: detail for code, detail in DETAILS.items()}


def test_addresses_are_listed() -> None:
    listed = {row[0].strip("`") for row in rows(section(page("reference/protocol.md"), "HTTP")) if "/" in row[0]}
    health = {"/healthz", "/readyz", "/metrics"}
    assert health <= listed
    routed = {plain(f"/{route}") for route in routes(get_resolver())}
    ours = {route for route in routed if not route.startswith(("/accounts/", "/admin/"))}
    assert listed - health - {"/accounts/…", "/admin/…"} == ours
    assert ("/admin/…" in listed) is any(route.startswith("/admin/") for route in routed)
    for path in re.findall(r"`(\w[\w/]*/)`", section(page("reference/protocol.md"), "HTTP")):
        resolve(f"/accounts/{path}")  # or it raises


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        whole = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield whole
        else:
            yield from routes(entry, whole)


def plain(route: str) -> str:
    names = {"key": "site key"}
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: f"<{names.get(found[1], found[1])}>", route)


# Tables of names


def test_permissions_are_those_of_the_roles() -> None:
    text = page("reference/permissions.md")
    head = next(line for line in text.splitlines() if line.startswith("| permission"))
    roles = [cell.strip() for cell in head.strip("|").split("|")][1:]
    assert roles == list(ROLE_PERMISSIONS)
    table = [[cell.strip() for cell in line[1:-1].split("|")] for line in text.splitlines() if line.startswith("| `")]
    assert [row[0].strip("`") for row in table] == [permission.value for permission in Permission]
    for name, *cells in table:
        for role, cell in zip(roles, cells, strict=True):
            assert (cell == "yes") is (Permission(name.strip("`")) in ROLE_PERMISSIONS[role]), f"{role} {name}"


def test_audit_actions_are_those_of_the_registry() -> None:
    lines = [
        line[1:-1].split("|") for line in page("reference/audit-actions.md").splitlines() if line.startswith("| `")
    ]
    table = {cells[0].strip().strip("`"): cells[1].strip() for cells in lines}
    assert table == {action.value: action.meaning for action in Action}


def test_the_reasons_of_masking_are_those_of_the_engine() -> None:
    counted, left = page("reference/masking-reasons.md").split("## Why a number is left alone")
    weights = {name: points for name, points in tables().weights.items() if name not in {"brand", "needed"}}
    assert {name: int(points) for name, points, _ in rows(counted) if name != "reason"} == weights
    assert [said for said, _ in rows(left) if said != "what is said"] == [*Why]


def test_the_policy_is_that_of_the_code() -> None:
    block = next(body for body in blocks(page("reference/csp.md"), "") if body.startswith("default-src"))
    written = [" ".join([name, *values]).replace(CSP.NONCE, "'nonce-…'") for name, values in DEFAULT_POLICY.items()]
    assert block.splitlines() == written


def test_cookies_are_named() -> None:
    from tenants.middleware import LAST_COOKIE  # noqa: PLC0415  next to its one use
    from tenants.theme import COOKIE  # noqa: PLC0415

    listed = {row[0].strip("`") for row in rows(page("reference/cookies.md")) if row[0].startswith("`")}
    prefixed = (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.DEVICE_COOKIE_NAME)
    own = {*(f"__Host-{name}" for name in prefixed), LAST_COOKIE, COOKIE}
    browser = {"console", "chat:<site key>", "messages"}
    assert listed == own | browser | {visitor_cookie("<site key>")}


def test_the_widgets_calls_are_those_of_the_loader() -> None:
    source = (PROJECT / "static/embed/w.js").read_text()
    body = source.partition("window.Chat = {")[2].partition("\n  };")[0]
    calls = set(re.findall(r"^    (?:get )?(\w+)(?::|\(\))", body, re.MULTILINE))
    calls |= set(re.findall(r'"(\w+)"', re.findall(r"for \(const name of \[(.*?)\]", source)[0]))
    text = page("reference/widget-api.md")
    assert set(re.findall(r"^\| `Chat\.(\w+)", text, re.MULTILINE)) == calls
    dataset = re.findall(r"const \{ (.*?) \} = script\.dataset", source)[0]
    assert set(re.findall(r"^\| `data-(\w+)`", text, re.MULTILINE)) == set(dataset.split(", "))
    emitted = set(re.findall(r'emit\("(\w+)"', source)) | set(
        re.findall(r'emit\(isOpen \? "(\w+)" : "(\w+)"', source)[0]
    )
    widget = (PROJECT / "static/js/widget/main.js").read_text()
    emitted |= set(re.findall(r'tell\("event", \["(\w+)"', widget))
    events = section(text, "The object").partition("| event |")[2]
    assert set(re.findall(r"^\| `(\w+)` \|", events, re.MULTILINE)) == emitted


def test_what_guides_call_by_name_stands_on_a_page() -> None:
    """Buttons, pages and settings, which guides set in italics."""
    pages = [*(PROJECT / "templates").rglob("*.html"), *(PROJECT / "static" / "js").rglob("*.js")]
    said = "".join(file.read_text() for file in [*pages, *(PROJECT / name for name in modules())])
    guides = [*(PROJECT / "docs" / "how-to").glob("*.md"), *(PROJECT / "docs" / "tutorial").glob("*.md")]
    texts = [guide.read_text().replace("\n", " ") for guide in guides]
    names = {name for text in texts for name in re.findall(r"(?<!\*)\*([A-Z][^*]{2,60}?)\*(?!\*)", text)}
    assert len(names) > 60
    assert {name for name in names if name not in said and name.capitalize() not in said} == set()
