"""Tables of the run's workbook for what stands beside the run in the report: `analysis.pack`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mcengine.analysis.cash_flows import FACTOR, LINES, PRESENT, CashFlows
from mcengine.analysis.pack import Pack
from mcengine.report.excel_tables import Row, Table, data_tables

FLOWS = "Cash flows"
_APART = ("cash_flows", "notes")
"""Parts of a pack that are no tables of their own kind: the flows make one together, the notes stand with the run's."""


def pack_tables(pack: Pack) -> Iterator[Table]:
    """The tables of each part of the pack, of those that the run has: all that its `to_dict` holds."""
    labels = _labels(pack)
    for name, part in pack.to_dict().items():
        if part and name not in _APART:
            yield from data_tables(name.replace("_", " ").capitalize(), part, labels)
    if pack.flows:
        yield Table(FLOWS, FLOWS_HEADS, [row for one in pack.flows for row in _flows(one)])


def _labels(pack: Pack) -> Mapping[str, Mapping[str, str]]:
    """Names of sets and inputs in both languages."""
    found: dict[str, Mapping[str, str]] = {}
    for part in (pack.sides, pack.evidence):
        if part is not None:
            found |= {spec.name: spec.label for spec in part.study.inputs}
    return found | ({} if pack.sides is None else {side.name: side.title for side in pack.sides.sides})


FLOWS_HEADS = ("at", "year", "unit", *LINES, FACTOR, PRESENT, "mcpf")
"""One evaluation after another: a row a year, their sum, and the sum of each year times its discount factor."""


def _flows(found: CashFlows) -> Iterator[Row]:
    for row in found.years:
        yield found.at, int(row["year"]), found.unit, *(row[name] for name in (*LINES, FACTOR, PRESENT)), found.mcpf
    for name, sums in (("total", found.totals), ("present value", found.present)):
        yield found.at, name, found.unit, *(sums[line] for line in LINES), None, None, found.mcpf
