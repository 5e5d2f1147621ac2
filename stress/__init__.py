"""The long form of the crowds in the tests: contention for minutes instead of a second."""
