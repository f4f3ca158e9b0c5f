"""Times of the reports' queries and pages on an organisation of a given size, made up on a PostgreSQL of the benchmark's own."""
