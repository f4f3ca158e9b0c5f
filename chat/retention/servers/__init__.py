"""An organisation's own server: configured, tried, and given what is due for it."""
