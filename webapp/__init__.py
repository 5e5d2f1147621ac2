"""The back office: a thin Litestar application on ``commerce_core``. Importing it does nothing."""
