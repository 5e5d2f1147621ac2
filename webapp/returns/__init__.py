"""The pages of returns: what comes back, what arrived, and what goes back to the customer."""
