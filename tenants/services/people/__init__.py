"""Members, from the invitation to the last session."""
