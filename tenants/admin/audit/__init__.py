"""The audit trail in the admin: reading it, verifying and exporting it."""

from tenants.admin.audit import alerts, events, keeping, proof, saved

__all__ = ["alerts", "events", "keeping", "proof", "saved"]
