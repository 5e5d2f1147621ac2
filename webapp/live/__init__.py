"""The live stream: every committed stock change reaches every open page and program.

One task a process (``hub.py``) tails the stock journal, reads the present state of what changed,
encodes it once for all who want it in that form, and hands the same bytes to each. The promise:
no final state is ever lost or shown stale; states in between may be left out.
"""
