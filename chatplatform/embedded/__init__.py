"""PostgreSQL and Valkey from wheels, for `./run` and the tests.

Danger: a database server that other accounts of the machine can reach is everybody's database. Rule: sockets only,
in folders of our own, `peer` authentication with a map that knows one system user; nothing listens on a port.
Proven by tests/chatplatform/test_embedded.py.
"""
