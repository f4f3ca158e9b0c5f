"""A visitor's rights: to have all that is kept about him, and to have it erased."""
