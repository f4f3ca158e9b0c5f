"""Times of the audit trail's pages on a chain of a given length, and what an event costs, on a PostgreSQL of the benchmark's own."""
