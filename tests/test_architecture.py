"""What imports cannot say about the Python code. import-linter (pyproject.toml) holds the arrows, these rules the rest.

Each rule is a function from a syntax tree to what it found, and each is seen to fail on a line that breaks it.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from types import UnionType
from typing import get_args, get_type_hints
from uuid import UUID

import pytest
from channels.consumer import AsyncConsumer

from chat.live.protocol import AGENT_FRAMES, VISITOR_FRAMES, shapes
from chat.routing import refuse, websocket_urlpatterns
from security.sockets.consumer import GuardedConsumer
from tests.sources import PROJECT, matching, modules, nodes, tree

Rule = Callable[[ast.AST], Iterator[str]]

ENTRY_POINTS = r"(chat/live/consumers/.*|.*/views(/.*)?|.*/tasks|.*/management/commands/.*|.*/admin(/.*)?)\.py"


def orm(node: ast.AST) -> Iterator[str]:
    """A manager or a cursor."""
    for found in nodes(node):
        if isinstance(found, ast.Attribute) and found.attr in {
            "objects",
            "_default_manager",
            "_base_manager",
            "cursor",
        }:
            yield f"line {found.lineno}: .{found.attr}"


def atomic(node: ast.AST) -> Iterator[str]:
    """A transaction of its own."""
    for found in nodes(node):
        if isinstance(found, ast.Attribute) and found.attr == "atomic":
            yield f"line {found.lineno}: .atomic"
        elif isinstance(found, ast.ImportFrom) and any(name.name == "atomic" for name in found.names):
            yield f"line {found.lineno}: import of atomic"


def uses(*names: str) -> Rule:
    """Any of these names, imported, called or reached as an attribute."""

    def rule(node: ast.AST) -> Iterator[str]:
        for found in nodes(node):
            said = [found.id] if isinstance(found, ast.Name) else []
            said += [found.attr] if isinstance(found, ast.Attribute) else []
            if isinstance(found, ast.Import | ast.ImportFrom):
                said += [alias.name for alias in found.names]
                said += [found.module or ""] if isinstance(found, ast.ImportFrom) else []
            yield from (f"line {getattr(found, 'lineno', 0)}: {name}" for name in said if name in names)

    return rule


def raw_queries(node: ast.AST) -> Iterator[str]:
    """SQL handed to the ORM, which its manager would not look at."""
    for found in nodes(node):
        if isinstance(found, ast.Call) and ast.unparse(found.func).endswith((".raw", ".extra", "RawSQL")):
            yield f"line {found.lineno}: {ast.unparse(found.func)}"


def foreign_consumers(node: ast.AST) -> Iterator[str]:
    """A class that derives from a consumer of Channels' own."""
    for found in nodes(node):
        if isinstance(found, ast.ClassDef):
            bases = {ast.unparse(base).rpartition(".")[2] for base in found.bases}
            strange = {
                base for base in bases if re.fullmatch(r"(Async|Sync)?(Json)?(Websocket|Http|)Consumer(Mixin)?", base)
            }
            yield from (f"line {found.lineno}: {base}" for base in sorted(strange))


def late_imports(node: ast.AST) -> Iterator[str]:
    """An import inside of a function: a cycle that was dodged."""
    for function in nodes(node):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and function.name != "ready":
            for found in ast.walk(function):
                if isinstance(found, ast.Import | ast.ImportFrom):
                    yield f"line {found.lineno}: import in {function.name}"


def nameless_callbacks(node: ast.AST) -> Iterator[str]:
    """A partial that may fail after a commit: Django logs the `__qualname__` of what failed, which a partial lacks, and raises instead."""
    for found in nodes(node):
        if isinstance(found, ast.Call) and any(keyword.arg == "robust" for keyword in found.keywords):
            yield from (f"line {found.lineno}: {ast.unparse(a)}" for a in found.args if isinstance(a, ast.Call))


def long_functions(node: ast.AST) -> Iterator[str]:
    """More than 40 lines of code, blank lines and docstring not counted against it twice."""
    for function in nodes(node):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            body = function.body[1:] if ast.get_docstring(function) is not None else function.body
            length = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            if length > 40:
                yield f"line {function.lineno}: {function.name} has {length} lines"


unsafe_html = uses("mark_safe", "SafeString", "SafeText", "__html__", "html_safe")
environment = uses("environ", "getenv", "environb")
exemptions = uses("csrf_exempt", "xframe_options_exempt")
guesses = uses("random")
surprises = uses("pickle", "shelve", "marshal", "eval", "exec", "compile_command")
declared_masked = uses("trusted")

ALL = r".*"
OUTSIDE_WIRING = r"(chat|tenants|security)/.*"
RULES: dict[str, tuple[Rule, str, dict[str, str], str]] = {
    # name: rule, where it holds, exceptions with their reasons, a line that must be found
    "entry points translate and leave the database to services": (
        orm,
        ENTRY_POINTS,
        {"tenants/tasks.py": "a task's lease is a lock of PostgreSQL's, taken before any service"},
        "Conversation.objects.get(pk=1)",
    ),
    "only services begin transactions": (
        atomic,
        ALL,
        {
            r"(chat|tenants)/services/.*": "this is what services are",
            r"chat/retention/.*": "services too, of a room of their own",
            r"security/(scoping|crypto)/.*": "a scope is a transaction",
            r"security/accounts/(attempts|people|ending|sessions)\.py": "the services of accounts",
            "chatplatform/lags.py": "the longest time of one statement ends with its transaction",
            "security/accounts/adapter.py": "allauth's sign-out, in one with the end of open sockets",
            "tenants/management/commands/create_tenant.py": "--dry-run takes everything back",
            "chat/demo/people.py": "the demo's set-up: several services in one",
        },
        "with transaction.atomic(): pass",
    ),
    "no text is declared to be safe HTML": (
        unsafe_html,
        ALL,
        {"chatplatform/templatetags/frontend.py": "JSON of our own file names, with < > & written as escapes"},
        "from django.utils.safestring import mark_safe",
    ),
    "text is declared masked where it is masked, and where such text comes back": (
        declared_masked,
        ALL,
        {
            r"security/masking/.*": "masking itself",
            "security/crypto/sealed.py": "opening what was sealed as masked",
            "chat/retention/content.py": "what comes back from the archive was masked before it was stored",
            "chatplatform/proxy.py": "another word: networks of trusted proxies",
            "security/net.py": "another word: networks of trusted proxies",
            "security/request_limit.py": "another word: networks of trusted proxies",
            "chatplatform/connections.py": "another word: networks of trusted proxies",
        },
        "from security.masking.text import trusted",
    ),
    "consumers derive from the guarded one": (
        foreign_consumers,
        ALL,
        {
            "security/sockets/consumer.py": "the guarded one itself",
            "chatplatform/bench/chat/peers/stock/asgi.py": "the textbook's, which the benchmark runs by itself beside ours",
        },
        "class Chat(AsyncJsonWebsocketConsumer): pass",
    ),
    "settings come from chatplatform.env": (environment, OUTSIDE_WIRING, {}, "os.environ['SECRET_KEY']"),
    "no page is exempt from CSRF or framing rules": (
        exemptions,
        ALL,
        {
            "tenants/views/provider.py": "a SAML provider's page posts its answer without our cookie; it counts only for the session that asked",
            "chat/views/widget.py": "the visitor's frame: no session; own Origin and header instead, frame-ancestors per site",
        },
        "from django.views.decorators.csrf import csrf_exempt",
    ),
    "no query is written past the manager": (
        raw_queries,
        ALL,
        {},
        "Message.objects.raw('SELECT 1')",
    ),
    "chance comes from secrets": (
        guesses,
        ALL,
        {r"chatplatform/bench/.*": "made-up messages, the same in every run: nothing in there is to be unguessable"},
        "import random",
    ),
    "nothing runs or unpickles data": (surprises, ALL, {}, "pickle.loads(b'')"),
    "imports stand at the top": (
        late_imports,
        ALL,
        {},
        "def f():\n    from chat import models",
    ),
    "what may fail after a commit has a name": (
        nameless_callbacks,
        ALL,
        {},
        "on_commit(partial(f), robust=True)",
    ),
    "functions are short": (long_functions, ALL, {}, "def f():\n" + "    x = 1\n" * 41),
}


@pytest.mark.parametrize("name", RULES)
def test_rule(name: str) -> None:
    rule, where, exceptions, _ = RULES[name]
    found = {
        module: breaches
        for module in matching(where)
        if not any(re.fullmatch(exception, module) for exception in exceptions)
        if (breaches := list(rule(tree(module))))
    }
    assert not found, name


@pytest.mark.parametrize("name", RULES)
def test_rule_finds_what_breaks_it(name: str) -> None:
    rule, where, _, bad = RULES[name]
    assert list(rule(ast.parse(bad)))
    assert matching(where), "the rule looks at no file"


@pytest.mark.parametrize("name", RULES)
def test_exceptions_are_still_needed(name: str) -> None:
    rule, _, exceptions, _ = RULES[name]
    for exception in exceptions:
        assert any(list(rule(tree(module))) for module in matching(exception)), f"{name}: {exception}"


def test_every_socket_route_is_guarded() -> None:
    callbacks = [pattern.callback for pattern in websocket_urlpatterns]
    consumers = [callback.consumer_class for callback in callbacks if callback is not refuse]
    assert len(consumers) == 2
    assert refuse in callbacks
    assert all(issubclass(consumer, GuardedConsumer) for consumer in consumers)


def test_the_guarded_consumer_does_not_dispatch_as_channels_does() -> None:
    """Channels' own dispatch goes through a thread at every event."""
    assert GuardedConsumer.dispatch is not AsyncConsumer.dispatch


@pytest.mark.parametrize("registry", [VISITOR_FRAMES, AGENT_FRAMES])
def test_a_client_names_objects_by_uuid(registry: dict[str, type]) -> None:
    """Integers in client frames are positions and counts, never ids."""
    allowed = {"ref", "seq", "last_seq", "last_rev", "before_seq", "limit", "score", "days"}
    for name, frame in registry.items():
        hints = get_type_hints(frame)
        integers = {field.name for field in fields(frame) if int in _kinds(hints[field.name])}
        assert integers <= allowed, name


def test_the_server_shows_objects_by_uuid() -> None:
    """No primary key leaves: what is called an id is a UUID, and integers are counts and positions."""
    counts = {"seq", "prev_seq", "rev", "count", "open", "capacity", "last_seq", "last_rev", "score"}
    shown = [cls for cls in vars(shapes).values() if isinstance(cls, type) and is_dataclass(cls)]
    assert len(shown) >= 10
    for cls in shown:
        for name, hint in get_type_hints(cls).items():
            assert int not in _kinds(hint) or name in counts, f"{cls.__name__}.{name}"
            assert UUID in _kinds(hint) or name not in {"id", "conversation", "client_id"}, f"{cls.__name__}.{name}"


def _kinds(hint: object) -> tuple[object, ...]:
    return get_args(hint) if isinstance(hint, UnionType) else (hint,)


def test_what_modules_name_as_their_proof_is_there() -> None:
    """A module that can destroy or leak names the test that proves its rule."""
    missing = {
        f"{module}: {found}"
        for module in modules()
        for found in re.findall(r"\b(tests/[\w/]+(?:\.py)?)\b", (PROJECT / module).read_text())
        if not any(PROJECT.glob(f"{found}*"))
    }
    assert not missing
