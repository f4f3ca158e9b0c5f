"""The project's own sources as the rules of its construction read them."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PACKAGES = ("chatplatform", "chat", "tenants", "security")
_SKIPPED = {"node_modules", "vendor", "__pycache__", "var"}


def files(*folders: str, ends: tuple[str, ...]) -> Iterator[Path]:
    """Files below these folders, by the end of their names; nothing hidden, vendored or made by a tool."""
    for folder in folders:
        for path in sorted((PROJECT / folder).rglob("*")):
            parts = path.relative_to(PROJECT).parts
            is_ours = not any(part.startswith(".") or part in _SKIPPED for part in parts)
            if is_ours and path.name.endswith(ends) and path.is_file():
                yield path


def named(path: Path) -> str:
    """The path within the project, as the lists of exceptions spell it."""
    return path.relative_to(PROJECT).as_posix()


@cache
def modules() -> tuple[str, ...]:
    """Every Python file of the four packages, without migrations."""
    found = (named(path) for path in files(*PACKAGES, ends=(".py",)))
    return tuple(name for name in found if "/migrations/" not in name)


@cache
def tree(name: str) -> ast.Module:
    return ast.parse((PROJECT / name).read_text())


@cache
def nodes(tree: ast.AST) -> tuple[ast.AST, ...]:
    """All that is in it, walked once for all rules."""
    return tuple(ast.walk(tree))


def matching(pattern: str) -> list[str]:
    """Those of `modules()` whose name matches."""
    return [name for name in modules() if re.fullmatch(pattern, name)]
