"""Pages about the organisation itself."""
