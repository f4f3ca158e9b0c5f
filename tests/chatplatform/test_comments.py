"""What visitors are sent is what was written, without the comments, and small enough."""

import gzip
import json
import re
import subprocess
from pathlib import Path

import pytest

from chatplatform import tools
from chatplatform.comments import without_comments
from tests.missing import missing

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
MODULES = sorted((STATIC / "js").rglob("*.js"))
FRAME_LIMIT = 30 * 1024
SHEETS = ("tokens", "base", "widget")
# Parsed as modules, not run, all in one process; what the parser says of each is told by its path.
PARSE = """
import { readFileSync } from "node:fs";
import { SourceTextModule } from "node:vm";
const said = {};
for (const [path, text] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
  try { new SourceTextModule(text); said[path] = ""; } catch (error) { said[path] = String(error); }
}
console.log(JSON.stringify(said));
"""


def imported(path: Path, seen: set[Path]) -> set[Path]:
    """The module and everything it imports at once; what it imports later is not waited for."""
    if path not in seen:
        seen.add(path)
        for name in re.findall(r'^import .*?from "(\.[^"]+)";', path.read_text(), re.MULTILINE):
            imported((path.parent / name).resolve(), seen)
    return seen


def packed(text: str) -> int:
    return len(gzip.compress(text.encode(), 9, mtime=0))


def test_the_frame_opens_with_thirty_kilobytes() -> None:
    modules = imported(STATIC / "js" / "widget" / "main.js", set())
    sizes = {path.name: packed(without_comments(path.read_text())) for path in modules}
    sizes |= {name: packed((STATIC / "css" / f"{name}.css").read_text()) for name in SHEETS}
    sizes["frame.html"] = packed((ROOT / "templates" / "widget" / "frame.html").read_text())
    assert len(modules) > 10
    assert sum(sizes.values()) <= FRAME_LIMIT, sizes


def test_only_whole_lines_go() -> None:
    source = (
        '/** doc\n * more */\nconst a = "// no"; // stays\n  // goes\n  /* goes\n too */\nconst b = `/* ${a} */`;\n'
    )
    assert without_comments(source) == 'const a = "// no"; // stays\nconst b = `/* ${a} */`;\n'


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(STATIC)))
def test_no_literal_of_ours_could_hold_such_a_line(path: Path) -> None:
    spanning = [line for line in without_comments(path.read_text()).splitlines() if line.count("`") % 2]
    assert not spanning


def test_what_is_left_is_still_a_module() -> None:
    node = tools.path_of(tools.NODE)
    if node is None:
        missing("node is not installed.")
    sources = {str(path): without_comments(path.read_text()) for path in MODULES}
    command = [node, "--experimental-vm-modules", "--no-warnings", "--input-type=module", "--eval", PARSE]
    done = subprocess.run(command, input=json.dumps(sources), capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert json.loads(done.stdout) == dict.fromkeys(sources, "")
