"""Leaks in reports: whose conversations are counted, what leaves, what is on record."""

from __future__ import annotations

from typing import Final

from .leak import Leak

_REACH: Final = "chat/reports/reach.py"
_READING: Final = "chat/reports/reading.py"
_REACH_TEST: Final = ("tests/chat/reports/test_reach.py",)
_PEOPLE_TEST: Final = ("tests/chat/reports/test_people.py",)

REPORTS: Final = (
    Leak(
        "an agent's report counts everybody's conversations",
        _REACH,
        "agent=grant.membership_id if is_own else None,",
        "agent=None,",
        _REACH_TEST,
    ),
    Leak(
        "an agent's report shows what his colleagues wrote",
        _REACH,
        "author=grant.membership_public_id if is_own else None,",
        "author=None,",
        _PEOPLE_TEST,
    ),
    Leak(
        "the head of a department counts the whole organisation",
        _REACH,
        "departments = tuple(sorted(departments_of(grant, is_export=is_export) or ()))",
        "departments = None",
        _REACH_TEST,
    ),
    Leak(
        "the head of a department reads of what agents wrote elsewhere",
        "chat/reports/agents.py",
        "AND m.sent_at < %(until)s AND {PLACE} AND",
        "AND m.sent_at < %(until)s AND",
        _PEOPLE_TEST,
    ),
    Leak(
        "a filter opens a department that is not the reader's",
        _REACH,
        "return departments.filter(pk__in=departments_of(grant, is_export=is_export) or ())",
        "return departments",
        _REACH_TEST,
    ),
    Leak(
        "a filter opens a department to who reads his own",
        _REACH,
        "return departments.none()",
        "return departments",
        _REACH_TEST,
    ),
    Leak(
        "a wider report is given to who asks for it",
        _READING,
        "return widest if wanted is None or order.index(wanted) > order.index(widest) else wanted",
        "return widest if wanted is None else wanted",
        _REACH_TEST,
    ),
    Leak(
        "who reads no report reads his own",
        _REACH,
        "        return Tier.OWN\n    raise Denied",
        "        return Tier.OWN\n    return Tier.OWN",
        _REACH_TEST,
    ),
    Leak(
        "a report of another organisation than the one in scope is run",
        "chat/reports/asking.py",
        "if self.counted.tenant_id != require_tenant_id():",
        "if False:",
        _REACH_TEST,
    ),
    Leak(
        "numbers leave without the right",
        _READING,
        "    require_somewhere(grant, Permission.REPORTS_EXPORT)\n    tier = tier_of",
        "    tier = tier_of",
        _REACH_TEST,
    ),
    Leak(
        "numbers of a department leave by a right on another",
        _REACH,
        "return open_to_him & leaving",
        "return open_to_him",
        _REACH_TEST,
    ),
    Leak(
        "one's own numbers leave by a right on a department",
        _REACH,
        "and (not is_export or has(grant, Permission.REPORTS_EXPORT))",
        "",
        _REACH_TEST,
    ),
    Leak(
        "what leaves is not on record",
        _READING,
        "    record(\n        Action.REPORT_EXPORTED,",
        "    dict(\n        action=Action.REPORT_EXPORTED,",
        _REACH_TEST,
    ),
    Leak(
        "that a colleague's numbers were read is not on record",
        _READING,
        "    if people:\n",
        "    if False:\n",
        _PEOPLE_TEST,
    ),
    Leak(
        "what masking hid everywhere is shown to a department",
        _READING,
        "        frozenset({Tier.ALL}),\n",
        "        _OTHERS,\n",
        _PEOPLE_TEST,
    ),
)
