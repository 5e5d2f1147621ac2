"""Purchase orders: bought from a supplier, expected, received in parts."""
