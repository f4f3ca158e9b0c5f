"""People's accounts: sign-in, lock-out, passwords and sessions. What a person may do, and where, is not known here."""
