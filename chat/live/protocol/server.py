"""What the server says: one function for each frame, typed values in, the bytes of one text frame out.

`ref` is the sender's own and goes into answers only; a frame without one has no `ref` at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from chat.live.protocol.codes import DETAILS, ErrorCode
from chat.live.protocol.shapes import (
    AgentLoad,
    AgentView,
    Author,
    Body,
    ConversationView,
    DepartmentView,
    Json,
    MaskingView,
    MessageView,
    SiteView,
    VisitorView,
    rfc3339,
)
from security.masking import MaskedText


def _encoded(kind: str, ref: int | None = None, **values: Any) -> bytes:
    found: Json = {"type": kind, **values}
    if ref is not None:
        found["ref"] = ref
    return orjson.dumps(found)


def _body(view: Body) -> Json:
    """What the message says; nothing where its body is no more."""
    found: Json = {"text": "" if view.gone else view.text, "masked": [entry.json() for entry in view.masked]}
    return {**found, "gone": True} if view.gone else found


def welcome_visitor(
    *,
    token: str | None,
    conversation: UUID | None,
    last_seq: int,
    last_rev: int,
    more: bool,
    site: SiteView,
    ref: int | None = None,
) -> bytes:
    """`last_seq` counts only what the visitor may see; `more`: only the latest 200 follow."""
    return _encoded(
        "welcome",
        ref,
        token=token,
        conversation=conversation,
        last_seq=last_seq,
        last_rev=last_rev,
        more=more,
        site=site.json(),
    )


def masking(view: MaskingView) -> bytes:
    """What the browser hides from now on; its three fields are those of `site.masking`."""
    return _encoded("masking", **view.json())


def welcome_agent(
    *,
    agent: AgentView,
    tenant_slug: str,
    tenant_name: str,
    permissions: Sequence[str],
    capacity: int,
    departments: Sequence[DepartmentView],
    department_permissions: Mapping[UUID, Sequence[str]],
    ref: int | None = None,
) -> bytes:
    """Who the agent is and what he may do: by his role, and further in single departments."""
    return _encoded(
        "welcome",
        ref,
        agent=agent.json(),
        tenant={"slug": tenant_slug, "name": tenant_name},
        permissions=list(permissions),
        capacity=capacity,
        departments=[department.json() for department in departments],
        department_permissions={str(found): list(names) for found, names in department_permissions.items()},
    )


def ack(message: MessageView, *, ref: int | None = None) -> bytes:
    """The message is durable; `text` and `masked` are what is kept of it. `message.client_id` is the sender's."""
    return _encoded(
        "ack",
        ref,
        client_id=message.client_id,
        conversation=message.conversation,
        id=message.id,
        seq=message.seq,
        rev=message.rev,
        sent_at=rfc3339(message.sent_at),
        **_body(message),
    )


def message(view: MessageView) -> bytes:
    """A message, as one reader sees it."""
    return message_as_seen(view, message_rest(view), prev_seq=view.prev_seq, client_id=view.client_id)


def message_as_seen(view: MessageView, rest: bytes, *, prev_seq: int, client_id: UUID | None = None) -> bytes:
    """The same for one of several readers; `rest` is what `message_rest` made for all of them."""
    return _encoded("message", **view.place(prev_seq, client_id))[:-1] + b"," + rest


def message_rest(view: MessageView) -> bytes:
    """The end of a message's frame, behind a comma: what is alike for all readers, the text above all."""
    return orjson.dumps(view.rest())[1:]


def revised(view: Body, *, reason: str, ref: int | None = None) -> bytes:
    """A message that was already seen says something else now.

    `reason` is a fixed word such as `edited` or `redacted`.
    """
    return _encoded(
        "revised",
        ref,
        conversation=view.conversation,
        id=view.id,
        seq=view.seq,
        rev=view.rev,
        reason=reason,
        **_body(view),
    )


def typing(*, conversation: UUID, author: Author, active: bool, preview: MaskedText | None = None) -> bytes:
    """`preview` goes to agents only, and only where the tenant switched it on."""
    extra: Json = {} if preview is None else {"preview": preview}
    return _encoded("typing", conversation=conversation, author=author.json(), active=active, **extra)


def read(*, conversation: UUID, author: Author, seq: int) -> bytes:
    """Somebody has seen everything up to `seq`."""
    return _encoded("read", conversation=conversation, author=author.json(), seq=seq)


def queue(*, total: int, conversations: Sequence[ConversationView]) -> bytes:
    """Once after `welcome`, at most 200 of `total`; afterwards `conversation` frames are the deltas."""
    return _encoded("queue", total=total, conversations=[entry.json() for entry in conversations])


def conversation(view: ConversationView, *, ref: int | None = None) -> bytes:
    """A conversation has changed."""
    return _encoded("conversation", ref, conversation=view.json())


def withdrawn(conversation: UUID, *, status: str, ref: int | None = None) -> bytes:
    """A conversation has gone where its reader has no right to see: the frame that takes it off his lists says nothing more of it."""
    return _encoded("conversation", ref, conversation=ConversationView(id=conversation, status=status).json())


def assigned(
    *,
    conversation: ConversationView,
    visitor: VisitorView,
    messages: Sequence[MessageView],
    more: bool,
    watching: bool = False,
    ref: int | None = None,
) -> bytes:
    """`messages` is the latest page, oldest first; `watching` for a supervisor who reads along."""
    extra: Json = {"watching": True} if watching else {}
    return _encoded(
        "assigned",
        ref,
        conversation=conversation.json(),
        visitor=visitor.json(),
        messages=[view.json() for view in messages],
        more=more,
        **extra,
    )


def history(*, conversation: UUID, messages: Sequence[MessageView], more: bool, ref: int | None = None) -> bytes:
    """One page of the past, oldest first."""
    return _encoded("history", ref, conversation=conversation, messages=[view.json() for view in messages], more=more)


def conversation_list(
    *, view: str, conversations: Sequence[ConversationView], more: bool, ref: int | None = None
) -> bytes:
    """One page of a view."""
    return _encoded("list", ref, view=view, conversations=[entry.json() for entry in conversations], more=more)


def agents(colleagues: Sequence[AgentLoad]) -> bytes:
    """The colleagues and what they have to do."""
    return _encoded("agents", agents=[agent.json() for agent in colleagues])


def availability(*, status: str, ref: int | None = None) -> bytes:
    """The agent's own state, as it was set."""
    return _encoded("availability", ref, status=status)


def offer(*, conversation: ConversationView, sender: AgentView, note: MaskedText | None, expires_at: datetime) -> bytes:
    """A colleague wants to hand a conversation over."""
    return _encoded(
        "offer",
        None,
        conversation=conversation.json(),
        **{"from": sender.json()},
        note=note,
        expires_at=rfc3339(expires_at),
    )


def status(
    *,
    conversation: UUID | None,
    status: str,
    position: int | None = None,
    unstored: bool = False,
    ref: int | None = None,
) -> bytes:
    """`position` in the queue, first is 1; only while the conversation waits. `unstored`: nothing of it is stored."""
    extra: Json = {} if position is None else {"position": position}
    if unstored:
        extra["unstored"] = True
    return _encoded("status", ref, conversation=conversation, status=status, **extra)


def error(
    code: ErrorCode,
    *,
    ref: int | None = None,
    client_id: UUID | None = None,
    conversation: UUID | None = None,
    retry_after: int | None = None,
) -> bytes:
    """The detail is the code's fixed sentence; the ids are the sender's own, parsed."""
    extra = {"client_id": client_id, "conversation": conversation, "retry_after": retry_after}
    return _encoded(
        "error",
        ref,
        code=code,
        detail=DETAILS[code],
        **{name: value for name, value in extra.items() if value is not None},
    )


def pong(last_seq: int | Mapping[UUID, int], *, ref: int | None = None) -> bytes:
    """A visitor's one number, or an agent's by conversation."""
    seqs = last_seq if isinstance(last_seq, int) else {str(key): seq for key, seq in last_seq.items()}
    return _encoded("pong", ref, last_seq=seqs)
