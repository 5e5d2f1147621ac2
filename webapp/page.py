"""What every page has: the Jinja environment, its globals and filters, text and static files.

``configure_environment`` is called once by the composition root. What differs from request to
request (the person, the path, the form token) comes with each template's context and overrides
the empty defaults set here, so a page without them renders too.
"""

from __future__ import annotations

import gettext
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol
from zoneinfo import ZoneInfo

from jinja2 import StrictUndefined

from webapp import charts
from webapp.format import Formatter, locale_for
from webapp.navigation import FOOT, Navigation

if TYPE_CHECKING:
    from jinja2 import Environment

PACKAGE: Final = Path(__file__).parent
TEMPLATES: Final = PACKAGE / "templates"
STATIC: Final = PACKAGE / "static"
STATIC_URL: Final = "/static"
DOMAIN: Final = "commerce"
_HASH_LENGTH: Final = 10


class PageSettings(Protocol):
    """The settings a page reads."""

    @property
    def shop_name(self) -> str:
        """Name of the shop, in titles and above the sidebar."""
        ...

    @property
    def locale(self) -> str:
        """Language of texts and numbers: "en" or "de"."""
        ...

    @property
    def time_zone(self) -> str:
        """IANA zone in which moments are written, such as Europe/Berlin."""
        ...


class StaticFiles:
    """Addresses of our static files, with a hash of their content.

    An address with ``?v=`` may be kept by a browser for ever; one without may not.
    """

    def __init__(self, folder: Path = STATIC, url: str = STATIC_URL) -> None:
        self._folder = folder
        self._url = url
        self._hashes: dict[str, tuple[int, str]] = {}

    def __call__(self, path: str) -> str:
        """Return the address of ``path``, for example "app.css".

        A file of ``vendor/`` that is not built yet gets its plain address, so that a page can be
        worked on without it.

        Raises:
            FileNotFoundError: there is no such file of ours; a template misspelt it.
        """
        try:
            modified = (self._folder / path).stat().st_mtime_ns
        except FileNotFoundError:
            if path.startswith("vendor/"):
                return f"{self._url}/{path}"
            raise
        known = self._hashes.get(path)
        if known is None or known[0] != modified:
            digest = sha256((self._folder / path).read_bytes()).hexdigest()[:_HASH_LENGTH]
            known = self._hashes[path] = (modified, digest)
        return f"{self._url}/{path}?v={known[1]}"


def translations_for(locale: str) -> gettext.NullTranslations:
    """Return the texts of ``locale`` from webapp/locale, or the English ones in the templates."""
    return gettext.translation(
        DOMAIN, PACKAGE / "locale", languages=[locale_for(locale).code], fallback=True
    )


def initials(name: str) -> str:
    """Return the first letters of the first and last word: "Mara Jansen" is MJ."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def configure_environment(env: Environment, settings: PageSettings) -> Navigation:
    """Give ``env`` our globals and filters, and return the navigation to be opened.

    The caller tells the navigation which addresses exist: ``navigation.open(paths)``.
    """
    env.undefined = StrictUndefined
    env.autoescape = True
    env.trim_blocks = env.lstrip_blocks = True
    env.add_extension("jinja2.ext.i18n")
    env.add_extension("jinja2.ext.do")
    translations = translations_for(settings.locale)
    env.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]

    formatter = Formatter(
        locale_for(settings.locale), ZoneInfo(settings.time_zone), translations.ngettext
    )
    navigation = Navigation()
    # "_()" takes its text for markup of ours. A text that somebody outside may have had a hand in,
    # such as the message of an error, is told: translated if it is known, and escaped.
    env.filters.update(formatter.filters(), initials=initials, told=translations.gettext)
    defaults: dict[str, Any] = {
        "shop": settings.shop_name,
        "language": formatter.locale.code,
        "time_zone": settings.time_zone,
        "static": StaticFiles(),
        "static_url": STATIC_URL,
        "number_of": formatter.number,
        "charts": charts,
        "nav": navigation,
        "nav_foot": FOOT,
        "nav_counts": {},
        # Replaced by each request's context:
        "user": None,
        "path": "/",
        "stream": None,
        "toasts": (),
    }
    for name, value in defaults.items():
        env.globals.setdefault(name, value)
    return navigation
