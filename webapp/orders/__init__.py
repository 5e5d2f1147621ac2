"""The pages of orders: the live list, one order, what can be done with it, and paper."""
