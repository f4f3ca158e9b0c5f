"""Sign-in, lock-out and passwords: the settings of allauth, axes and Django's validators."""
