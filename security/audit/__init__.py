"""The audit trail: everything that was done, by whom, when, from where, on what, and to what extent.

Danger: an event that is missing, or one that was changed afterwards without a trace. Rule: `record()` is called by the
service that acts, inside its transaction; PostgreSQL's `audit_append` is the only writer and chains the events of each
tenant. Proof: tests/security/audit.
"""

from security.audit.changes import changes_of, record_change, snapshot
from security.audit.entry import Extent
from security.audit.record import record, record_denied, record_failed
from security.audit.registry import Action, Outcome
from security.audit.subjects import register_subject

__all__ = [
    "Action",
    "Extent",
    "Outcome",
    "changes_of",
    "record",
    "record_change",
    "record_denied",
    "record_failed",
    "register_subject",
    "snapshot",
]
