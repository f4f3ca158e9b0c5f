"""Reports: what happened in numbers, by period, for whoever may see them.

Danger: a number that counts what its reader may not see, or names a person behind his back. Rule: every query is limited by a `Reach`, which is
made from the grant alone; texts are never opened, only counted; what names persons and what is exported leaves an event. Proof:
tests/chat/reports/test_reach.py, tests/chat/reports/test_numbers.py.
"""
