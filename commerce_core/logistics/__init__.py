"""Parcels on their way: carriers, their clients, and what a shop keeps of them."""
