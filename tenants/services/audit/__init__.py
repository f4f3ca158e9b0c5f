"""The trail, read and proven."""
