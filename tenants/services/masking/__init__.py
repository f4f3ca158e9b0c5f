"""An organisation's rules for masking: drafted, activated, read, counted."""
