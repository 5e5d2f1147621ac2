"""Transfers: stock on its way from one of our locations to another."""
