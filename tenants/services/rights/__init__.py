"""Who may do what: changing it, and reading it."""
