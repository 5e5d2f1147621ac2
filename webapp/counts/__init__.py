"""Counts: what is really there, counted with a phone and a scanner, reviewed, then posted."""
