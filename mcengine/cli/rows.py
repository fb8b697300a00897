"""The rows of the printed cash-flow table: names in Dutch (as the plan's table 2 has them) and English.

`ROWS` is in the order of table 2; the rows of `EXTRA` are the engine's own and follow below it.
"""

from __future__ import annotations

from dataclasses import dataclass

BOTH = "both"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `quantity` of the model, its names, and how its numbers are printed.

    decimals  shown after the point; percent: shown as a percentage
    """

    quantity: str
    nl: str
    en: str
    decimals: int = 0
    percent: bool = False

    def label(self, language: str) -> str:
        """The name in "nl" or "en", or in both."""
        if language == BOTH and self.nl != self.en:
            return f"{self.nl} / {self.en}"
        return self.nl if language == "nl" else self.en


ROWS = (
    Row("preconditions", "Investeringen in randvoorwaarden", "investment in preconditions"),
    Row("gdp_rnd", "BBP bijdrage", "GDP contribution from R&D"),
    Row("gdp_rnd_growth", "Groei", "growth", percent=True),
    Row("public_pipeline", "- Waarvan publieke investeringen", "public investment"),
    Row("private_incl_multiplier", "- Waarvan private investeringen", "private investment, with multiplier"),
    Row("structural", "- Waarvan structurele groei", "structural growth"),
    Row("tax_rnd", "Belastingdruk", "tax on R&D"),
    Row("gdp_sales", "BBP bijdragen productie en verkoop medicijnen", "GDP contribution from sales"),
    Row("tax_sales", "Belastingdruk (verkoop)", "tax on sales"),
    Row("cash_flow", "Totale kasstromen", "total cash flow"),
    Row("discount_factor", "Disconteringsvoet", "discount factor", decimals=2),
    Row("present_value", "Netto contante waarde", "net present value"),
)

EXTRA = (
    Row("gdp_added", "Toegevoegd BBP in het jaar", "GDP added in the year"),
    Row("private", "Private investeringen (het geld zelf)", "private investment (the money itself)"),
    Row("launches", "Nieuwe medicijnen", "launches", decimals=2),
    Row("medicines_on_market", "Medicijnen op de markt", "medicines on the market", decimals=2),
    Row("jobs", "Banen", "jobs"),
)

RESULTS = (
    Row("npv", "Netto contante waarde totaal", "net present value in all", decimals=2),
    Row("bcr", "Baten-kostenverhouding", "benefit-cost ratio", decimals=3),
    Row("payback_year", "Terugverdientijd", "payback year"),
    Row("pv_receipts", "Contante waarde ontvangsten", "present value of receipts", decimals=2),
    Row("pv_outlay", "Contante waarde uitgaven", "present value of outlay", decimals=2),
    Row("npv_if_returned", "NCW als publiek restgeld terugkomt", "NPV if unspent public money returns", decimals=2),
    Row("unspent_at_horizon", "Programmageld over aan het eind", "programme money left at the end", decimals=1),
    Row("unspent_public_at_horizon", "- Waarvan publiek", "of which public", decimals=1),
)

FROM_INPUTS = (
    Row("leverage", "Hefboom", "leverage", decimals=4),
    Row("rnd_wage_tax", "Belasting op bbp uit R&D", "tax rate on GDP from R&D", decimals=4),
    Row("sales_tax_rate", "Belasting op verkoop", "tax rate on sales", decimals=4),
)
"""Published figures that are a rate or ratio of the inputs rather than an output."""

PIPELINE_ONLY = ("npv_if_returned", "unspent_at_horizon", "unspent_public_at_horizon")
"""Results that only the pipeline accounting has."""

YEARLY = ("rnd_activity", *(row.quantity for row in (*ROWS, *EXTRA) if row.quantity != "gdp_rnd_growth"))
"""Outputs that both accountings have for each year."""

NEVER = {"nl": "nooit", "en": "never", BOTH: "nooit / never"}


def find_row(quantity: str) -> Row:
    """The row of `quantity`; one of its own name when it has none here."""
    for row in (*RESULTS, *ROWS, *EXTRA, *FROM_INPUTS):
        if row.quantity == quantity:
            return row
    return Row(quantity, quantity, quantity, decimals=4)
