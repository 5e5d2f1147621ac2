"""The subcommands of ``commerce``. Each module has ``register(subparsers)`` and is cheap to import.

What a command needs is imported when it runs, so that ``commerce --help`` answers at once.
"""
