"""The audit trail. `audit_append`, a function of PostgreSQL's, is the only writer; nobody updates, deletes or truncates.

`entry` is what the chain covers, as text (`security.audit.chain`); the columns beside it repeat parts of it to be searched by, and a verifier
compares them. Personal values lie in AuditDetail under the key of the person they are about: destroying that key forgets the person and
leaves the chain valid.
"""

from __future__ import annotations

from typing import ClassVar, Final

from django.db import models

from security.crypto.fields import EncryptedTextField
from security.models.keys import KeySubject
from security.scoping import TenantForeignKey, TenantOwned

RARE_ACTORS: Final = ("operator", "command", "anonymous")
"""Kinds of actors that have an index of their own; a person, a visitor or a job is never far away."""


class AuditHead(TenantOwned):
    """Where a tenant's chain ends. Its row lock is what numbers events without gaps; `seq` only ever grows."""

    chain = models.UUIDField(editable=False)
    seq = models.BigIntegerField(editable=False)
    hash = models.BinaryField(max_length=32, editable=False)

    class Meta(TenantOwned.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant_id"], name="security_audithead_one_key")]


class AuditEvent(TenantOwned):
    """One act: who, what, when, from where, on what, how it ended and to what extent. `seq` numbers a tenant's events from 1."""

    seq = models.BigIntegerField(editable=False)
    at = models.DateTimeField(editable=False)
    entry = models.TextField(editable=False)
    hash = models.BinaryField(max_length=32, editable=False)
    action = models.CharField(max_length=64, editable=False)
    outcome = models.CharField(max_length=16, editable=False)
    actor_kind = models.CharField(max_length=16, editable=False)
    actor_id = models.UUIDField(null=True, editable=False)
    object_id = models.UUIDField(null=True, editable=False)

    class Meta(TenantOwned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "seq"], name="security_auditevent_seq_key")
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "actor_id", "-seq"], name="security_auditevent_actor_idx"),
            models.Index(fields=["tenant_id", "object_id", "-seq"], name="security_auditevent_object_idx"),
            models.Index(fields=["tenant_id", "action", "-seq"], name="security_auditevent_action_idx"),
            # Of what is rare alone: among the newest events there are always some that are not.
            models.Index(
                fields=["tenant_id", "outcome", "-seq"],
                condition=~models.Q(outcome="ok"),
                name="security_auditevent_unwell_idx",
            ),
            models.Index(
                fields=["tenant_id", "actor_kind", "-seq"],
                condition=models.Q(actor_kind__in=RARE_ACTORS),
                name="security_auditevent_kind_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"Audit event {self.seq}"


class AuditDetail(TenantOwned):
    """Personal values of one event about one subject, sealed under that subject's key; the event's entry holds their commitment."""

    event = TenantForeignKey(AuditEvent, on_delete=models.PROTECT, related_name="details", db_index=False)
    part = models.CharField(max_length=16, editable=False)
    subject_kind = models.CharField(
        max_length=16, choices=[(kind.value, kind.value) for kind in KeySubject], editable=False
    )
    subject_id = models.UUIDField(editable=False)
    sealed = EncryptedTextField(editable=False)

    class Meta(TenantOwned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "event", "part"], name="security_auditdetail_part_key")
        ]


class AuditCheckpoint(TenantOwned):
    """What the worker has signed of a chain: `note` says its hash at `seq`. Inserted, never changed; a copy of each lies outside.

    Whoever has the application's role can insert rows: `security.audit.stored` says which of them count.
    """

    seq = models.BigIntegerField(editable=False)
    after = models.BigIntegerField(editable=False)
    hash = models.BinaryField(max_length=32, editable=False)
    public_key = models.BinaryField(max_length=32, editable=False)
    note = models.TextField(editable=False)
    signed_at = models.DateTimeField(editable=False)

    class Meta(TenantOwned.Meta):
        # Nothing is unique here: a row that was forged first would keep the true one out.
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "after"], name="security_checkpoint_after_idx"),
            models.Index(fields=["tenant_id", "seq"], name="security_checkpoint_seq_idx"),
        ]

    def __str__(self) -> str:
        return f"Checkpoint {self.seq}"


class AuditCopy(TenantOwned):
    """What became of copies at one place outside: `seq` is the last event that they cover there, `failed_at` when it last did not take one."""

    place = models.CharField(max_length=16, editable=False)
    kind = models.CharField(max_length=16, editable=False)
    host = models.CharField(max_length=255, editable=False)
    seq = models.BigIntegerField(null=True, editable=False)
    written_at = models.DateTimeField(null=True, editable=False)
    failed_at = models.DateTimeField(null=True, editable=False)
    failure = models.CharField(max_length=32, editable=False)

    class Meta(TenantOwned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "place"], name="security_auditcopy_place_key")
        ]

    def __str__(self) -> str:
        return f"Copies at {self.kind} {self.host}".strip()


class AuditAddress(TenantOwned):
    """From where an event's actor acted, to be searched by: keyed digests, which say nothing to who has no key of the tenant's.

    No part of the chain, and no proof: the address itself is sealed with the event. Rows of an erased person or visitor are deleted by the
    event that erases.
    """

    seq = models.BigIntegerField(editable=False)
    subject_id = models.UUIDField(editable=False)
    address = models.BinaryField(max_length=16, editable=False)
    network = models.BinaryField(max_length=16, editable=False)

    class Meta(TenantOwned.Meta):
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "address", "-seq"], name="security_auditaddress_seq_idx"),
            models.Index(fields=["tenant_id", "subject_id", "network", "seq"], name="security_auditaddress_who_idx"),
        ]


class AuditTerm(TenantOwned):
    """For how many months events are kept at least, from `due_at` on; None for ever. The newest that is due and was not undone is in force.

    Written by `audit_keep` and `audit_keep_undone` alone, by PostgreSQL's clock: who has the application's role can ask for a shorter term, and has
    to wait for it.
    """

    months = models.PositiveSmallIntegerField(null=True, editable=False)
    asked_at = models.DateTimeField(editable=False)
    due_at = models.DateTimeField(editable=False)
    undone_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return f"Kept for {self.months or 'ever'}"


class AuditTombstone(TenantOwned):
    """Up to where the beginning of a chain was pruned: `note` is the signed checkpoint there, and what is left follows from its hash."""

    seq = models.BigIntegerField(editable=False)
    hash = models.BinaryField(max_length=32, editable=False)
    note = models.TextField(editable=False)
    pruned_at = models.DateTimeField(editable=False)

    class Meta(TenantOwned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "seq"], name="security_audittombstone_seq_key")
        ]

    def __str__(self) -> str:
        return f"Pruned up to {self.seq}"
