"""The table of cash flows: gross outlay, and what flows back in tax (inverdieneffecten), on lines of their own.

One evaluation, so the lines add up to the cent: outlay = mcpf (B + R), receipts = tax on R&D + tax on sales, balance =
receipts - outlay (docs/method.md). Receipts may not be counted as cover for outlay under the budget rules, which is
why both are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcengine.analysis.evaluation import Evaluation, evaluate
from mcengine.inputs.study import Study

OUTLAY, RECEIPTS, BALANCE = "outlay", "receipts", "cash_flow"
LINES = ("public_pipeline", "preconditions", OUTLAY, "tax_rnd", "tax_sales", RECEIPTS, BALANCE)
FACTOR, PRESENT = "discount_factor", "present_value"


@dataclass(frozen=True)
class CashFlows:
    """One evaluation as a table, all money in the plan's unit.

    at       "plan", "median" or "mean": where the inputs stand
    years    one row a year: "year", each of `LINES`, the discount factor and the present value of the balance
    totals   by line: the sum over the years, not discounted
    present  by line: the same sum, each year times its discount factor
    mcpf     what a euro of outlay costs (marginal cost of public funds): already in OUTLAY
    """

    study: Study
    at: str
    unit: str
    years: tuple[Mapping[str, float], ...]
    totals: Mapping[str, float]
    present: Mapping[str, float]
    mcpf: float

    def to_dict(self) -> dict[str, Any]:
        """All but the study's contents."""
        return {
            "study": self.study.name,
            "at": self.at,
            "unit": self.unit,
            "mcpf": self.mcpf,
            "years": [dict(row) for row in self.years],
            "totals": dict(self.totals),
            "present_values": dict(self.present),
        }


def cash_flows(study: Study) -> tuple[CashFlows, ...]:
    """The table at the plan's values and, where inputs are uncertain, at the medians; none without a plan."""
    if study.plan is None:
        return ()
    places = ("plan", "median") if study.uncertain else ("plan",)
    return tuple(_table(evaluate(study, at=at)) for at in places)


def _table(found: Evaluation) -> CashFlows:
    mcpf = found.inputs["mcpf"]
    rows = []
    for year in found.years:
        receipts = year["tax_rnd"] + year["tax_sales"]
        spent = mcpf * (year["public_pipeline"] + year["preconditions"])
        row = {"year": year["year"], OUTLAY: spent, RECEIPTS: receipts}
        names = (*(line for line in LINES if line not in row), FACTOR, PRESENT)
        rows.append(row | {name: year[name] for name in names})
    totals = {line: sum(row[line] for row in rows) for line in LINES}
    present = {line: sum(row[line] * row[FACTOR] for row in rows) for line in LINES}
    return CashFlows(found.study, found.at, found.units[BALANCE], tuple(rows), totals, present, mcpf)
