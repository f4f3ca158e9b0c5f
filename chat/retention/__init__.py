"""What becomes of conversations whose time is over: archived, then gone from the primary store; or gone.

`calendar` says when a time is over, `rules` which conversations it is over for, `holds` what keeps them all the same, `run` does the work and
`preview` says beforehand what it would do. `chunks` and `manifest` are the archive's format, `stores` where it lies.
"""
