"""A first message beside what its author wrote a moment ago, in a conversation that has ended: the writer's split check, by the ORM.

Danger: half a card before the end of a conversation, half of it after that. Rule: the rows are read under the locks of their conversations, in the
transaction that stores the first message. Proof: tests/chat/live/test_splitting_sockets.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from chat import events, sealing
from chat.live.protocol.shapes import Masked, MessageView
from chat.live.writer.memory import Keeps, Kept
from chat.live.writer.tail import Place, Tail, kinds_of, said, wanted
from chat.models import AuthorKind, Conversation, Message, Visitor
from security.crypto.envelope import Undecryptable
from security.masking import MaskedText, MaskingPolicy
from security.masking.splitting.check import REMEMBERED_FOR, TAIL, is_suspect
from security.masking.splitting.verdicts import HELD, Change, Verdict, alone
from security.scoping import require_tenant_id


@dataclass(frozen=True, slots=True)
class Joining:
    """By what a message is joined, and what the process remembers of those before it."""

    policy: MaskingPolicy
    typed: Mapping[UUID, MaskedText] = field(default_factory=dict, repr=False)
    is_holding: bool = False


class Earlier:
    """What the visitor wrote in the last two minutes. Its conversations are locked as long as the transaction runs."""

    def __init__(self, visitor: Visitor, joining: Joining, now: datetime) -> None:
        self.keeps: dict[UUID, Kept | None] = {}
        self._now = now
        self._tail = Tail(require_tenant_id())
        self._conversations = {row.pk: row for row in _lately(visitor, now)}
        self._rows: dict[UUID, Message] = {}
        for row in self._wanted():
            self._read(row, joining.typed.get(row.public_id))

    def judge(self, text: MaskedText, policy: MaskingPolicy) -> Verdict:
        """How the first message is stored; what it changes in those before it is changed."""
        verdict = self._tail.judge(text, policy, self._now)
        before = {pk: row.last_rev for pk, row in self._conversations.items()}
        for change in verdict.changes:
            self._change(change)
        for pk, row in self._conversations.items():
            if row.last_rev != before[pk]:
                events.publish_revised(row, after_rev=before[pk])
        self.keeps.update(dict.fromkeys(self._tail.over(verdict.over)))
        return verdict

    def stored(self, view: MessageView, typed: MaskedText | None) -> None:
        """The first message is there: what is to be remembered of it."""
        place = self._tail.add(view, typed, is_visible=True)
        kept = self._tail.kept(place, view.sent_at, typed)
        if kept is not None:
            self.keeps[view.id] = kept

    def _wanted(self) -> list[Message]:
        rows = list(Message.objects.filter(conversation__in=self._conversations).order_by("-sent_at", "-seq")[:TAIL])
        rows.reverse()
        matter = wanted(
            [(row.sent_at.timestamp(), row.author_kind == AuthorKind.VISITOR.value) for row in rows], self._now
        )
        return [row for index, row in enumerate(rows) if index in matter]

    def _read(self, row: Message, typed: MaskedText | None) -> None:
        conversation = self._conversations[row.conversation_id].public_id
        try:
            text = sealing.open_if_kept(row, conversation=conversation)
        except Undecryptable:  # one row that was tampered with does not take the visitor's next message away
            return
        if text is None:
            return
        masked = tuple(Masked(entry["kind"], entry["count"]) for entry in row.masked)
        place = Place(conversation, row.public_id, row.seq, row.author_kind, row.author_id, row.is_visible, masked)
        self._rows[row.public_id] = row
        self._tail.put(said(text, row.sent_at.timestamp(), row.author_kind, kinds_of(row.masked), typed), place)

    def _change(self, change: Change) -> None:
        place, masked, kept = self._tail.change(change)
        row = self._rows[place.message]
        conversation = self._conversations[row.conversation_id]
        conversation.last_rev += 1
        row.rev, row.revised_at, row.revised_reason = conversation.last_rev, self._now, change.reason
        row.masked = [entry.json() for entry in masked]
        row.body = sealing.seal_message(row, change.text, conversation=place.conversation)
        row.save(update_fields=["rev", "body", "masked", "revised_at", "revised_reason"])
        conversation.save(update_fields=["last_rev"])
        self.keeps[place.message] = kept


def earlier(visitor: Visitor, text: MaskedText, joining: Joining | None, now: datetime) -> Earlier | None:
    """What `text` has to be joined with; None for nearly every message, for which nothing is read."""
    if joining is None or not (is_suspect(text, joining.policy) or joining.is_holding):
        return None
    return Earlier(visitor, joining, now)


def _lately(visitor: Visitor, now: datetime) -> list[Conversation]:
    since = now - timedelta(seconds=REMEMBERED_FOR)
    rows = Conversation.objects.filter(visitor=visitor, last_message_at__gt=since)
    return list(rows.select_for_update().order_by("pk"))


def joined_comment(
    visitor: Visitor, comment: MaskedText, joining: Joining | None, now: datetime
) -> tuple[MaskedText, Keeps]:
    """A comment on a conversation beside what its author wrote a moment ago, as it may be stored; and what is to be remembered and forgotten.

    Nobody releases a comment, so one that would be held loses its digits.
    """
    before = earlier(visitor, comment, joining, now)
    if before is None or joining is None:
        return comment, {}
    text = before.judge(comment, joining.policy).text
    if any(finding.kind == HELD for finding in text.findings):
        unheld = alone(comment)
        text = unheld if unheld != comment else text
    return text, before.keeps
