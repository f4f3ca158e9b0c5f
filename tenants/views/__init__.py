"""Pages for strangers and for people between organisations, and the first page of a new owner."""
