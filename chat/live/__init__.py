"""The message path: protocol, fan-out, writer and consumers."""
