"""The two organisations of `tests.tenants.organisations`."""

from tests.tenants.organisations import acme, nothing_remembered, rival

__all__ = ["acme", "nothing_remembered", "rival"]
