"""Benchmarks: one module each, run by `manage.py bench`; they measure, and with `--gate` they judge."""
