"""Reservations running out: who holds what, until when; and the sweep that lets the due ones go."""
