"""Signing in by an organisation's own provider: its mail domains, the provider, and who comes from there."""
