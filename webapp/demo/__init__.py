"""The demo: a generated shop with eighteen months behind it, and shoppers who keep it moving.

Everything here is invented and only ever written to a SQLite file of its own.
"""
