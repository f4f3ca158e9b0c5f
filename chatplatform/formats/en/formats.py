"""Dates that sort and read alike everywhere, and 24 hours: who compares events must not guess at noon or at March and April.

A time names its zone: the organisation's on its members' pages, UTC on operators'.
"""

DATE_FORMAT = SHORT_DATE_FORMAT = "Y-m-d"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "Y-m-d H:i T"
