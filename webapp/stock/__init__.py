"""The stock board: variants by location with live numbers, and what a clerk may do about them."""
