"""Wiring: settings, servers, commands and the embedded parts. Holds no product logic."""
