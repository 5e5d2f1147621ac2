"""The same stock as JSON under ``/api/v1``, for programs."""
