"""Names and places. Postal codes belong to their cities; streets are common ones."""

# ruff: noqa: RUF001 - Turkish has an i without a dot
from __future__ import annotations

from typing import Final

FIRST_NAMES: Final = (
    "Anna Ben Carla Daniel Elif Emil Finn Greta Hanna Ida Jakob Jonas Julia Karin Katharina Lea "
    "Leon Lina Lukas Luisa Maja Mara Marie Marta Matteo Max Mia Mila Moritz Nele Nina Noah Oskar "
    "Paula Petra Piet Rosa Sabine Stefan Sven Thomas Tim Tom Ursula Vera Yusuf Aylin Claire Jan "
    "Birgit Wolfgang Heike Jürgen Sören Björn Käthe Zoë Renate Dirk Amelie Henrike Tomasz Sofia "
    "Frieda Theo Merle Kerstin Uwe Malte Svenja Torben Wiebke Imke Fatma Mehmet Olga Igor Agnieszka"
)
"""First names, parted by spaces."""

LAST_NAMES: Final = (
    "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer "
    "Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange "
    "Schmitt Werner Krause Meier Lehmann Köhler Herrmann König Walter Mayer Huber Kaiser Fuchs "
    "Peters Lang Scholz Möller Weiß Jung Hahn Vogel Friedrich Keller Günther Frank Berger Winkler "
    "Roth Beck Lorenz Baumann Franke Albrecht Schuster Simon Ludwig Böhm Winter Kraus Martin "
    "Schumacher Krämer Vogt Stein Jäger Otto Sommer Groß Seidel Heinrich Brandt Haas Schreiber "
    "Graf Dietrich Ziegler Kuhn Pohl Engel Horn Busch Bergmann Thomas Voigt Sauer Arnold Wolff "
    "Pfeiffer Kaya Yılmaz Demir Nowak Kowalski Petersen Hansen Jensen Holm Lindqvist Ferrer Rossi "
    "Marchetti Aumann Adler Conti Olsen Özdemir Petrović Nguyễn Großkopf-Überschär"
)
"""Last names, parted by spaces."""

COMPANIES: Final = (
    "Bauhof Design GmbH",
    "Studio Feldweg",
    "Café Nordlicht",
    "Praxis Dr. Brandt",
    "Hotel am Deich",
    "Büro Lüders & Partner",
)

STREETS: Final = (
    "Hauptstraße",
    "Bahnhofstraße",
    "Gartenstraße",
    "Dorfstraße",
    "Schulstraße",
    "Bergstraße",
    "Lindenstraße",
    "Kirchweg",
    "Birkenweg",
    "Am Mühlbach",
    "Osterstraße",
    "Goethestraße",
    "Schillerplatz",
    "Rosenweg",
    "Wiesengrund",
    "Karl-Marx-Allee",
    "Unter den Eichen",
    "Venloer Straße",
    "Elbchaussee",
    "Könneritzstraße",
    "Alte Landstraße",
    "Straße des 17. Juni",
)

GERMAN_CITIES: Final = (
    # postal code, city, people by hundred thousand
    ("20255", "Hamburg", 19),
    ("22767", "Hamburg", 12),
    ("10115", "Berlin", 16),
    ("12047", "Berlin", 16),
    ("04229", "Leipzig", 8),
    ("50823", "Köln", 11),
    ("80331", "München", 15),
    ("60316", "Frankfurt am Main", 8),
    ("70173", "Stuttgart", 6),
    ("40213", "Düsseldorf", 6),
    ("44135", "Dortmund", 6),
    ("45127", "Essen", 6),
    ("28195", "Bremen", 6),
    ("01067", "Dresden", 6),
    ("30159", "Hannover", 5),
    ("90402", "Nürnberg", 5),
    ("24103", "Kiel", 3),
    ("23552", "Lübeck", 2),
    ("24937", "Flensburg", 1),
    ("18055", "Rostock", 2),
    ("48143", "Münster", 3),
    ("53111", "Bonn", 3),
    ("76133", "Karlsruhe", 3),
    ("79098", "Freiburg im Breisgau", 2),
    ("89073", "Ulm", 1),
    ("34117", "Kassel", 2),
    ("99084", "Erfurt", 2),
    ("06108", "Halle (Saale)", 2),
    ("25980", "Sylt", 1),
    ("83646", "Bad Tölz", 1),
    ("29439", "Lüchow", 1),
)

CITIES_ABROAD: Final = (
    # country, postal code, city, how often
    ("AT", "1070", "Wien", 4),
    ("AT", "8010", "Graz", 2),
    ("CH", "8004", "Zürich", 3),
    ("NL", "1016 GC", "Amsterdam", 3),
    ("DK", "2200", "København", 2),
    ("FR", "57000", "Metz", 2),
    ("SE", "211 22", "Malmö", 1),
    ("BE", "2000", "Antwerpen", 1),
    ("PL", "00-001", "Warszawa", 1),
)
"""Where the shop also sends to: one order in eight."""
