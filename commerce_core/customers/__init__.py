"""Customers of the shop. Here their tables only; accounts and consent come later."""
