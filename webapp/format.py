"""How numbers, money and moments are written on a page, in the shop's language and zone.

Small on purpose: two languages and eight spellings need no dependency. Every method answers
``None`` with an en dash, because "nothing there" and 0 are told apart everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from commerce_core.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from commerce_core.money import Money

NOTHING: Final = "\u2013"
"""En dash: nothing is there. Zero is written 0."""
MINUS: Final = "\u2212"
"""The true minus sign, as wide as a plus."""
_SPACE: Final = "\u00a0"  # keeps a number and its unit on one line


@dataclass(frozen=True, slots=True)
class Locale:
    """The spellings that differ from language to language."""

    code: str
    group: str
    decimal: str
    days: tuple[str, ...]
    months: tuple[str, ...]
    day_dot: str
    symbol_first: bool


def _months(names: str) -> tuple[str, ...]:
    return tuple(names.split())


_ENGLISH: Final = Locale(
    code="en",
    group=",",
    decimal=".",
    days=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    months=_months("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
    day_dot="",
    symbol_first=True,
)
_GERMAN: Final = Locale(
    code="de",
    group=".",
    decimal=",",
    days=("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    months=_months("Jan Feb März Apr Mai Juni Juli Aug Sep Okt Nov Dez"),
    day_dot=".",
    symbol_first=False,
)
LOCALES: Final = {locale.code: locale for locale in (_ENGLISH, _GERMAN)}
_SYMBOLS: Final = {"EUR": "€", "GBP": "£", "USD": "$"}
_DECIMALS: Final = 2


def locale_for(code: str) -> Locale:
    """Return the spellings of ``code`` ("de", "de_AT", "en-GB"); English for an unknown one."""
    return LOCALES.get(code.replace("-", "_").split("_")[0].lower(), _ENGLISH)


class Formatter:
    """Writes values for one locale and time zone. Stateless: one serves every request."""

    def __init__(
        self,
        locale: Locale,
        zone: ZoneInfo,
        ngettext: Callable[[str, str, int], str],
    ) -> None:
        self.locale = locale
        self.zone = zone
        self._ngettext = ngettext

    # --- numbers -----------------------------------------------------------------------------

    def number(self, value: Decimal | float | None, digits: int | None = None) -> str:
        """Write a number with separated thousands: 1,240 or 0.50.

        Args:
            value: what to write; None is a dash.
            digits: decimals to round to, half away from zero. None keeps all of a Decimal and
                two of a float.
        """
        if value is None:
            return NOTHING
        exact = value if isinstance(value, Decimal) else Decimal(str(value))
        if digits is None and isinstance(value, float):
            digits = _DECIMALS
        if digits is not None:
            exact = exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
        sign = MINUS if exact < 0 else ""
        whole, _, fraction = f"{abs(exact):,f}".partition(".")
        whole = whole.replace(",", self.locale.group)
        return sign + whole + (self.locale.decimal + fraction if fraction else "")

    def signed(self, value: Decimal | float | None, digits: int | None = None) -> str:
        """Write a change with its sign, plus or minus; 0 has none."""
        written = self.number(value, digits)
        return f"+{written}" if value is not None and value > 0 else written

    def percent(self, share: Decimal | float | None, digits: int = 0) -> str:
        """Write a share of one as a percentage: 0.31 is 31 %."""
        if share is None:
            return NOTHING
        return f"{self.number(Decimal(str(share)) * 100, digits)}{_SPACE}%"

    def money(self, value: Money | None, *, whole: bool = False) -> str:
        """Write an amount with its currency: €1,234.50 or 1.234,50 €.

        A third or fourth decimal is kept where the price has one, so no page shows a price
        that was never charged. ``whole`` drops the cents, for tiles.
        """
        if value is None:
            return NOTHING
        cents = value.amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
        exact = cents if cents == value.amount else value.amount.normalize()
        amount = self.number(abs(value.amount), 0) if whole else self.number(abs(exact))
        sign = MINUS if value.amount < 0 and amount.strip("0.,") else ""
        symbol = _SYMBOLS.get(value.currency, value.currency)
        gap = "" if self.locale.symbol_first and symbol != value.currency else _SPACE
        written = symbol + gap + amount if self.locale.symbol_first else amount + gap + symbol
        return sign + written

    # --- moments -----------------------------------------------------------------------------

    def date(self, value: datetime | date | None) -> str:
        """Write a day: Tue 24 Nov, with the year if it is not this one."""
        if value is None:
            return NOTHING
        day = self._local(value).date() if isinstance(value, datetime) else value
        names = self.locale
        written = (
            f"{names.days[day.weekday()]} {day.day}{names.day_dot} {names.months[day.month - 1]}"
        )
        return written if day.year == self._local(utc_now()).year else f"{written} {day.year}"

    def time(self, value: datetime | None, *, seconds: bool = False) -> str:
        """Write the time of day: 14:32, with ``seconds`` 14:32:07."""
        if value is None:
            return NOTHING
        return self._local(value).strftime("%H:%M:%S" if seconds else "%H:%M")

    def moment(self, value: datetime | None) -> str:
        """Write today's moments as 14:32, others as Tue 24 Nov, 14:32."""
        if value is None:
            return NOTHING
        today = self._local(utc_now()).date()
        clock = self.time(value)
        return clock if self._local(value).date() == today else f"{self.date(value)}, {clock}"

    def exact(self, value: datetime | None) -> str:
        """Write the instant in full, for titles: Tue 24 Nov 2026, 14:32:07 CET."""
        if value is None:
            return NOTHING
        local = self._local(value)
        day = self.date(value)
        year = "" if day.endswith(str(local.year)) else f" {local.year}"
        return f"{day}{year}, {local:%H:%M:%S} {local.tzname()}"

    def iso(self, value: datetime | None) -> str:
        """Write the instant for ``<time datetime>``, in the shop's zone."""
        return "" if value is None else self._local(value).isoformat(timespec="seconds")

    def ago(self, value: datetime | timedelta | None) -> str:
        """Write an age in its largest unit: 12 s, 41 min, 2 h, 3 days."""
        if value is None:
            return NOTHING
        age = value if isinstance(value, timedelta) else utc_now() - self._aware(value)
        seconds = max(0, int(age.total_seconds()))
        for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
            count = seconds // size
            if count and unit == "days":
                # gettext marks: one day, several days
                return self._ngettext("%(num)s day", "%(num)s days", count) % {"num": count}
            if count:
                return f"{count}{_SPACE}{unit}"
        return f"{seconds}{_SPACE}s"

    def _local(self, value: datetime) -> datetime:
        return self._aware(value).astimezone(self.zone)

    @staticmethod
    def _aware(value: datetime) -> datetime:
        """Read a moment without a zone as UTC; ours always have one."""
        return value if value.tzinfo else value.replace(tzinfo=UTC)

    # --- Jinja -------------------------------------------------------------------------------

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return the template filters by name."""
        names = ("number", "signed", "percent", "money", "date", "time", "moment", "exact")
        return {name: getattr(self, name) for name in (*names, "iso", "ago")}
