"""What stands where in an assumptions workbook: its sheets, columns and settings, by name in both languages.

The writer of the template and the reader share this. A name is found in either language, whatever its capitals and
spaces, so that a workbook may mix them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

STUDY, ASSUMPTIONS, CORRELATIONS = "study", "assumptions", "correlations"

SHEETS: dict[str, str] = {STUDY: "studie", ASSUMPTIONS: "aannamen", CORRELATIONS: "samenhang"}
"""The sheets that are read: English name (also the key in code) -> Dutch name."""

TEXT, NUMBER, DATE, SHOWN = "text", "number", "date", "shown"


@dataclass(frozen=True)
class Column:
    """A column of a sheet: its names in Dutch and English (the key in code), and what its cells hold.

    `kind`: TEXT, NUMBER or DATE; SHOWN for what the template shows and nobody need change. `required`: a sheet
    without the column is refused. `parameter`: its cells are the family's parameter of that name. `language`: of a
    column that holds, in this language, the text that stands in the column `of` in the other.
    """

    key: str
    nl: str
    kind: str = TEXT
    required: bool = False
    parameter: bool = False
    language: str = ""
    of: str = ""


PARAMETERS = ("value", "low", "mode", "high", "mean", "sd", "median", "log_sd", "n")
"""Parameters with a column of their own, in order; any other goes into "other parameters"."""

LANGUAGES = {"en": ("English", "Engels"), "nl": ("Dutch", "Nederlands")}
"""The languages of texts by code: their names in English and in Dutch."""


def in_language(key: str, code: str) -> str:
    """Key of the column with the texts of the column `key` in the language `code`: "note (Dutch)"."""
    return f"{key} ({LANGUAGES[code][0]})"


def _translated(*columns: tuple[str, str]) -> tuple[Column, ...]:
    """Columns for these texts (key, Dutch name) in a further language."""
    return tuple(
        Column(in_language(key, code), f"{nl} ({LANGUAGES[code][1]})", language=code, of=key)
        for code in LANGUAGES
        for key, nl in columns
    )


ASSUMPTION_COLUMNS: tuple[Column, ...] = (
    Column("input", "invoer", required=True),
    Column("name", "naam", SHOWN),
    Column("unit", "eenheid", required=True),
    Column("may be", "mag zijn", SHOWN),
    Column("plan's value", "waarde in het plan", SHOWN),
    Column("family", "verdeling", required=True),
    Column("chance of 0", "kans op 0", NUMBER),
    *(Column(name, name, NUMBER, parameter=True) for name in PARAMETERS),
    Column("truncate low", "afkappen onder", NUMBER),
    Column("truncate high", "afkappen boven", NUMBER),
    Column("other parameters", "andere parameters"),
    Column("source", "bron", required=True),
    Column("locator", "vindplaats"),
    Column("confidence", "zekerheid", required=True),
    Column("owner", "eigenaar", required=True),
    Column("date", "datum", DATE, required=True),
    Column("note", "toelichting"),
    Column("corrects", "corrigeert voor"),
    Column("same as set", "zelfde als set"),
    *_translated(("source", "bron"), ("locator", "vindplaats"), ("note", "toelichting")),
    Column("shape", "vorm"),
)

CORRELATION_COLUMNS: tuple[Column, ...] = (
    Column("first", "eerste", required=True),
    Column("second", "tweede", required=True),
    Column("rho", "rangcorrelatie", NUMBER, required=True),
    Column("confidence", "zekerheid"),
    Column("note", "toelichting"),
    *_translated(("note", "toelichting")),
)

STUDY_COLUMNS: tuple[Column, ...] = (
    Column("setting", "instelling", required=True),
    Column("value", "waarde", required=True),
    Column("explanation", "uitleg", SHOWN),
)

COLUMNS: dict[str, tuple[Column, ...]] = {
    STUDY: STUDY_COLUMNS,
    ASSUMPTIONS: ASSUMPTION_COLUMNS,
    CORRELATIONS: CORRELATION_COLUMNS,
}


@dataclass(frozen=True)
class Setting:
    """A row of the sheet "study": its names, and the key of its value in the data, dots between tables.

    `kind`: "text", "whole" (number), "number", "yes" (or no), "list" (of names) or "table" (name = value, ...).
    """

    key: str
    nl: str
    path: str
    kind: str = TEXT


SETTINGS: tuple[Setting, ...] = (
    Setting("study name", "naam van de studie", "name"),
    Setting("title (English)", "titel (Engels)", "title.en"),
    Setting("title (Dutch)", "titel (Nederlands)", "title.nl"),
    Setting("description (English)", "beschrijving (Engels)", "description.en"),
    Setting("description (Dutch)", "beschrijving (Nederlands)", "description.nl"),
    Setting("plan", "plan", "plan"),
    Setting("horizon", "zichtjaar", "options.horizon", "whole"),
    Setting("spend until", "uitgaven tot en met", "options.spend_until", "whole"),
    Setting("discount base year", "basisjaar discontering", "options.discount_base_year", "whole"),
    Setting("structural years", "jaren met structurele groei", "options.structural_years", "whole"),
    Setting("accounting", "rekenwijze", "options.accounting"),
    Setting("luck", "toeval", "options.luck", "yes"),
    Setting("use correlations", "samenhang gebruiken", "correlations", "yes"),
    Setting("copula", "copula", "set.copula.family"),
    Setting("degrees of freedom", "vrijheidsgraden", "set.copula.degrees_of_freedom", "number"),
    Setting("outputs", "uitkomsten", "outputs.names", "list"),
    Setting("analyses", "analyses", "sensitivity.methods", "list"),
    Setting("options of analyses", "opties van analyses", "sensitivity", "table"),
    Setting("set name", "naam van de aannamenset", "set.name"),
    Setting("set title (English)", "titel van de set (Engels)", "set.title.en"),
    Setting("set title (Dutch)", "titel van de set (Nederlands)", "set.title.nl"),
    Setting("set description (English)", "beschrijving van de set (Engels)", "set.description.en"),
    Setting("set description (Dutch)", "beschrijving van de set (Nederlands)", "set.description.nl"),
)

FIXED = ("fixed values", "vaste waarden")
"""What marks, in the column "setting", that the rows below it each fix an input at a value."""

YES, NO = ("yes", "ja", "true", "waar"), ("no", "nee", "false", "onwaar")

OWN = "#"
"""A heading that begins with this is of a column of the user's own, which is not read."""


def plain(text: object) -> str:
    """`text` as names are compared: small letters, single spaces, straight apostrophes."""
    return " ".join(str(text).replace("’", "'").replace("`", "'").casefold().split())


def by_name(things: Mapping[str, str]) -> dict[str, str]:
    """Plain name in either language -> English name, from English -> Dutch."""
    return {plain(name): key for key, nl in things.items() for name in (key, nl)}
