"""Tables as people keep them: CSV and Excel files with a line of column names.

``read_table`` takes what spreadsheets really write (marks of byte order, semicolons, decimal
commas, Windows-1252), ``write_table`` writes what reads back as it was and runs nothing.
"""

from commerce_core.tables.cells import parse_decimal, plain_cell, safe_cell
from commerce_core.tables.reading import MAX_FILE_BYTES, Table, TableRow, read_table
from commerce_core.tables.writing import write_table

__all__ = [
    "MAX_FILE_BYTES",
    "Table",
    "TableRow",
    "parse_decimal",
    "plain_cell",
    "read_table",
    "safe_cell",
    "write_table",
]
