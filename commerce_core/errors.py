"""The whole error tree. Every error has a stable ``code`` and keeps its fields as attributes.

::

    CommerceError
    ├── NotFoundError            ProductNotFoundError, VariantNotFoundError, CategoryNotFoundError,
    │                            PriceNotFoundError, LocationNotFoundError,
    │                            ReservationNotFoundError, AllocationNotFoundError,
    │                            CustomerNotFoundError, OrderNotFoundError
    ├── ConflictError            InsufficientStockError, LocationClosedError, VariantArchivedError,
    │                            ReservationExpiredError, ReservationClosedError,
    │                            AllocationClosedError, InvalidStateError, VariantInUseError,
    │                            IdempotencyConflictError, OperationInProgressError,
    │                            ConsumerBusyError,
    │                            VersionConflictError > StaleEditsError, StalePlanError,
    │                            DuplicateError > DuplicateSkuError, DuplicateBarcodeError
    │                            DuplicateError > DuplicateCombinationError
    ├── InvalidInputError        InvalidQuantityError, InvalidMoneyError, CurrencyMismatchError,
    │   (also a ValueError)      InvalidTextError, InvalidTimeError, InvalidCursorError,
    │                            InvalidBarcodeError, InvalidCellsError, InvalidMatrixError,
    │                            InvalidImageError, ImportFileError
    ├── DatabaseError            InvalidDatabaseUrlError, DatabaseUnavailableError,
    │                            DatabaseNotMigratedError, ConcurrencyError, MissingDriverError
    └── LedgerError              an invariant of the stock ledger was found broken

The library knows no HTTP: a web layer maps the five categories (and nothing below them) once.
"""

from __future__ import annotations

from typing import Any, ClassVar


class CommerceError(Exception):
    """Base of every error this library raises on purpose.

    ``code`` is stable across releases and safe to switch on; ``fields`` holds the values that
    the message was built from, which are also attributes of the error.
    """

    code: ClassVar[str] = "commerce_error"

    def __init__(self, message: str, **fields: Any) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields
        for name, value in fields.items():
            setattr(self, name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.message, self.fields))


def _rebuild(kind: type[CommerceError], message: str, fields: dict[str, Any]) -> CommerceError:
    """Recreate an error in another process, whatever signature its class has."""
    error = kind.__new__(kind)
    CommerceError.__init__(error, message, **fields)
    return error


# --- not found -----------------------------------------------------------------------------


class NotFoundError(CommerceError):
    """Something that was named does not exist."""

    code = "not_found"


class ProductNotFoundError(NotFoundError):
    """No product has this slug or id."""

    code = "product_not_found"


class VariantNotFoundError(NotFoundError):
    """No variant has this SKU or id."""

    code = "variant_not_found"


class CategoryNotFoundError(NotFoundError):
    """No category has this id."""

    code = "category_not_found"


class PriceNotFoundError(NotFoundError):
    """The variant has no price in this currency at this moment, or no price has this id."""

    code = "price_not_found"


class LocationNotFoundError(NotFoundError):
    """No stock location has this code or id."""

    code = "location_not_found"


class CustomerNotFoundError(NotFoundError):
    """No customer has this number or id."""

    code = "customer_not_found"


class OrderNotFoundError(NotFoundError):
    """No order has this number or id."""

    code = "order_not_found"


class ReservationNotFoundError(NotFoundError):
    """No reservation has this id."""

    code = "reservation_not_found"


class AllocationNotFoundError(NotFoundError):
    """No allocation has this id."""

    code = "allocation_not_found"


# --- conflict ------------------------------------------------------------------------------


class ConflictError(CommerceError):
    """The request is well formed, but the present state does not allow it."""

    code = "conflict"


class InsufficientStockError(ConflictError):
    """A level holds less than was asked for. Nothing was changed."""

    code = "insufficient_stock"
    sku: str
    location: str
    requested: int
    available: int

    def __init__(self, *, sku: str, location: str, requested: int, available: int) -> None:
        super().__init__(
            f"{sku} at {location}: {requested} requested, {available} there",
            sku=sku,
            location=location,
            requested=requested,
            available=available,
        )


class LocationClosedError(ConflictError):
    """The stock location is closed: it keeps what it has, and only counts can change it."""

    code = "location_closed"


class VariantArchivedError(ConflictError):
    """The variant is archived: nothing new can be promised of it."""

    code = "variant_archived"


class ReservationExpiredError(ConflictError):
    """The reservation has expired, and with it the promise."""

    code = "reservation_expired"


class ReservationClosedError(ConflictError):
    """The reservation was released or became an allocation before."""

    code = "reservation_closed"


class AllocationClosedError(ConflictError):
    """Less of the allocation is open than was asked for."""

    code = "allocation_closed"


class InvalidStateError(ConflictError):
    """The record is in a state in which this cannot be done to it."""

    code = "invalid_state"


class VersionConflictError(ConflictError):
    """Somebody saved this record since it was read. Read it again, then decide."""

    code = "version_conflict"


class StaleEditsError(VersionConflictError):
    """Cells were changed by somebody else since they were read. Nothing was saved.

    ``conflicts`` holds for each such cell what is yours and what is there now.
    """

    code = "stale_edits"


class StalePlanError(VersionConflictError):
    """The product changed since the plan was made. Nothing was done; ``plan`` is the new one."""

    code = "stale_plan"


class VariantInUseError(ConflictError):
    """Variants cannot be retired: stock or open orders are in the way (``blockers``)."""

    code = "variant_in_use"


class DuplicateError(ConflictError):
    """Something with this unique name exists already."""

    code = "duplicate"


class DuplicateSkuError(DuplicateError):
    """A variant with this SKU exists already (case and outer spaces do not count)."""

    code = "duplicate_sku"


class DuplicateBarcodeError(DuplicateError):
    """A variant with this barcode exists already (leading zeros do not count)."""

    code = "duplicate_barcode"


class DuplicateCombinationError(DuplicateError):
    """The product has a variant with this combination of option values already."""

    code = "duplicate_combination"


class IdempotencyConflictError(ConflictError):
    """The idempotency key was used before for a request with other content."""

    code = "idempotency_conflict"


class OperationInProgressError(ConflictError):
    """An operation with this idempotency key is under way. Try again in a moment."""

    code = "operation_in_progress"


class ConsumerBusyError(ConflictError):
    """Another worker is consuming under this name at this moment. Nothing was read."""

    code = "consumer_busy"
    name: str


# --- invalid input -------------------------------------------------------------------------


class InvalidInputError(CommerceError, ValueError):
    """A value cannot be accepted, whatever the state of the shop."""

    code = "invalid_input"


class InvalidQuantityError(InvalidInputError):
    """A quantity is not a whole number in the allowed range."""

    code = "invalid_quantity"


class InvalidMoneyError(InvalidInputError):
    """An amount is not a finite decimal number that can be stored exactly."""

    code = "invalid_money"


class CurrencyMismatchError(InvalidInputError):
    """Amounts of two currencies were mixed."""

    code = "currency_mismatch"


class InvalidTextError(InvalidInputError):
    """A text is empty, too long, or holds characters that cannot be stored."""

    code = "invalid_text"


class InvalidTimeError(InvalidInputError):
    """A moment has no time zone, or lies where it cannot be."""

    code = "invalid_time"


class InvalidCursorError(InvalidInputError):
    """A text is not a journal cursor."""

    code = "invalid_cursor"


class InvalidBarcodeError(InvalidInputError):
    """A barcode is not a GTIN, or its check digit is wrong."""

    code = "invalid_barcode"


class InvalidCellsError(InvalidInputError):
    """Values of cells cannot be accepted. Nothing was saved; ``problems`` names each cell."""

    code = "invalid_cells"


class InvalidMatrixError(InvalidInputError):
    """A matrix of options cannot be: too large, an axis twice, or a pattern that names none."""

    code = "invalid_matrix"


class InvalidImageError(InvalidInputError):
    """The bytes are no picture of a kind we take, or too many."""

    code = "invalid_image"


class ImportFileError(InvalidInputError):
    """A file as a whole cannot be imported: empty, damaged, or without a needed column."""

    code = "import_file"


# --- database ------------------------------------------------------------------------------


class DatabaseError(CommerceError):
    """The database cannot do what is needed."""

    code = "database"


class InvalidDatabaseUrlError(DatabaseError):
    """The database URL cannot be read, or names a database that is not supported."""

    code = "invalid_database_url"


class MissingDriverError(DatabaseError):
    """The Python driver of the database is not installed."""

    code = "missing_driver"


class DatabaseUnavailableError(DatabaseError):
    """The database does not answer."""

    code = "database_unavailable"


class DatabaseNotMigratedError(DatabaseError):
    """The database has no tables of this library, or those of another version."""

    code = "database_not_migrated"


class ConcurrencyError(DatabaseError):
    """A transaction was chosen as the victim of a deadlock or conflict too many times."""

    code = "concurrency"


# --- ledger --------------------------------------------------------------------------------


class LedgerError(CommerceError):
    """The stock ledger refuses a write that would break one of its invariants."""

    code = "ledger"
