"""What is masked for the tenant in scope: its active rules, read from the database and compiled once for each version.

Danger: rules that cannot be read, and messages that pass because of it. Rule: they are used as a whole or every message is withheld. The last
good version is not used instead: the newer one may have been activated for what the older one lets pass, and a withheld message can be sent
again. It is logged as critical, counted, recorded in the trail, and said on the Masking page. Proof: tests/tenants/test_masking_rules.py.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from time import monotonic
from typing import Final
from uuid import UUID

from security.crypto import keyring
from security.crypto.envelope import AAD_VERSION, Undecryptable, record_aad
from security.crypto.sealed import SealedData, open_data, seal_data
from security.masking import MaskedText, MaskingPolicy
from security.models import KeySubject
from security.scoping import require_tenant_id
from tenants.models import MaskingVersion, RuleSetModel
from tenants.rules import Masking, Rule, RulesBroken, RuleSet, broken_masking, content_of, masking_of, rules_in

logger = logging.getLogger(__name__)

FIRST_VERSION: Final = 1
"""What holds before anything was activated: cards and social security numbers."""
_KEPT: Final = 64  # each with up to 54 MiB, where somebody writes what its expressions never saw before
_KEY_ID: Final = UUID(int=0)
BROKEN_FOR: Final = 10.0
"""Seconds for which a version that could not be used is not read again: a key that is put back has to heal it, and each reading is an alarm."""


class _Compiled:
    """The versions used last, in this process. Found by their random public ids, which no other tenant's version has."""

    def __init__(self) -> None:
        self._found: OrderedDict[UUID, tuple[Masking, float]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, version: UUID, *, now: float) -> Masking | None:
        with self._lock:
            masking, read_at = self._found.get(version, (None, now))
            if masking is None or (masking.is_broken and now - read_at >= BROKEN_FOR):
                return None
            self._found.move_to_end(version)
            return masking

    def put(self, version: UUID, masking: Masking, *, now: float) -> None:
        with self._lock:
            self._found[version] = masking, now
            self._found.move_to_end(version)
            while len(self._found) > _KEPT:
                self._found.popitem(last=False)


_compiled: Final = _Compiled()
_default: Final = masking_of(RuleSet(), FIRST_VERSION)


def current_masking() -> Masking:
    """By what is masked now; withholds everything where that cannot be read."""
    newest = MaskingVersion.objects.order_by("-number").values_list("public_id", "number").first()
    if newest is None:
        return _default
    now = monotonic()
    found = _compiled.get(newest[0], now=now)
    if found is not None:
        return found
    try:
        found = masking_of(opened_rules(MaskingVersion.objects.get(public_id=newest[0])), newest[1])
    except RulesBroken as broken:
        logger.critical("Masking rules cannot be used, messages are withheld: %s; version=%s", broken, newest[0])
        found = broken_masking(newest[1])
    _compiled.put(newest[0], found, now=now)
    return found


def masked_for_members(text: str) -> MaskedText:
    """What may be stored of a text that a member of the organisation typed into a form."""
    return current_masking().masked(text, is_agents=True)


def masking_policy() -> MaskingPolicy:
    """What is masked of visitors' words; RulesBroken where that cannot be read."""
    masking = current_masking()
    if masking.is_broken:
        raise RulesBroken
    return masking.visitors


def rules_key() -> bytes | None:
    """What opens the rules of the tenant in scope; None where nothing was ever sealed, or the key is no more."""
    return keyring.existing_key(KeySubject.MASKING, _KEY_ID)


def opened_rules(row: RuleSetModel, *, key: bytes | None = None) -> RuleSet:
    """The rules of a stored set; RulesBroken where they do not open. `key` saves looking it up for each of many."""
    rules: tuple[Rule, ...] = ()
    allowed: tuple[str, ...] = ()
    if row.content is not None:
        key = key or rules_key()
        if key is None:
            raise RulesBroken("no key")
        try:
            rules, allowed = rules_in(open_data(row.content, key, _place(row)))
        except Undecryptable:
            raise RulesBroken("does not open") from None
    return RuleSet(
        rules=rules,
        allowed=allowed,
        packs=frozenset(row.packs),
        keep_last_four=row.keep_last_four,
        masks_agents=row.masks_agents,
        visitor_may_undo=row.visitor_may_undo,
        typing_preview=row.typing_preview,
    )


def put_rules(row: RuleSetModel, rules: RuleSet) -> None:
    """Write a set of rules into a row that the caller stores, sealed for that row alone."""
    row.packs = sorted(rules.packs)
    row.keep_last_four, row.masks_agents = rules.keep_last_four, rules.masks_agents
    row.visitor_may_undo, row.typing_preview = rules.visitor_may_undo, rules.typing_preview
    row.content = _sealed(row, rules) if rules.rules or rules.allowed else None


RULE_FIELDS: Final = ("packs", "keep_last_four", "masks_agents", "visitor_may_undo", "typing_preview", "content")
"""What `put_rules` writes."""


def _sealed(row: RuleSetModel, rules: RuleSet) -> SealedData:
    return seal_data(content_of(rules), keyring.data_key(KeySubject.MASKING, _KEY_ID), _place(row))


def _place(row: RuleSetModel) -> bytes:
    return record_aad(AAD_VERSION, require_tenant_id(), row._meta.model_name or "", row.public_id, "content")
