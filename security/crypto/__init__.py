"""Encryption at rest: the only package that imports `cryptography`.

Danger: a wrong nonce, key or associated data here makes every transcript readable, or none.
Rule: master keys wrap tenant keys, those wrap one key per conversation and per visitor; a ciphertext opens
only in the place (tenant, conversation, message, seq, rev, field) it was sealed for.
Proof: tests/security/crypto/.
"""
