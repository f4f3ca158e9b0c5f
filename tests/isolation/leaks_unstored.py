"""Leaks of what is said while nothing is to be stored: into rows, by writers and services, and back from the end."""

from __future__ import annotations

from typing import Final

from .leak import Leak

_SOCKETS: Final = "tests/chat/unstored/test_sockets.py"
_STORE: Final = "tests/chat/unstored/test_store.py"
_TELLING: Final = "tests/chat/unstored/test_telling.py"

UNSTORED: Final = (
    Leak(
        "the writer puts a body into a row of an unstored conversation",
        "chat/live/writer/drafts.py",
        '    return None, "[]"\n',
        "    return seal_text(text, ledger.key, place), _json(masked)\n",
        ("tests/chat/unstored/test_writing.py",),
    ),
    Leak(
        "a service puts a body into a row of an unstored conversation",
        "chat/services/messages.py",
        "    if not conversation.is_unstored:\n        message.body",
        "    if conversation:\n        message.body",
        (_SOCKETS,),
    ),
    Leak(
        "who a visitor is, is stored with an unstored conversation",
        "chat/services/beginning.py",
        "        is_unstored=is_unstored,\n    )\n    visitor = ",
        "    )\n    visitor = ",
        (_SOCKETS,),
    ),
    Leak(
        "what a visitor tells in an unstored conversation is stored in his row",
        "chat/services/visitors.py",
        "    return latest if latest is not None and latest.is_unstored else None\n",
        "    return None\n",
        (_SOCKETS, _TELLING),
    ),
    Leak(
        "what was told while nothing was stored goes into the next conversation's row",
        "chat/services/beginning.py",
        "    if opening.told_unstored and not is_unstored:\n",
        "    if False:\n",
        (_SOCKETS,),
    ),
    Leak(
        "what is told late brings an ended unstored conversation back",
        "chat/unstored/store.py",
        "if not id and ARGV[3] == '0' then return 1 end\n",
        "",
        (_STORE, _TELLING),
    ),
    Leak(
        "a change of an unstored message that comes late undoes a later one",
        "chat/unstored/store.py",
        "beside .. ARGV[i + 1]) == ARGV[i + 2] then",
        "'id') then",
        (_STORE,),
    ),
)
