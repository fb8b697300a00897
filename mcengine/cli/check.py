"""`mcengine check STUDY`: whether a study is sound, with every fault named."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcengine.cli.options import JsonOption, StudyArgument
from mcengine.cli.printing import print_json, width

if TYPE_CHECKING:
    from mcengine.inputs.study import Study


def check(
    study: StudyArgument,
    inputs: Annotated[bool, typer.Option("--inputs", help="Also list every input, as --set takes it.")] = False,
    json: JsonOption = False,
) -> None:
    """Check a study and the files it names; exit code 2 when anything is wrong with them.

    Example: mcengine check evidence --inputs
    """
    opened, summary = _checked(study)
    rows = _inputs(opened) if inputs else []
    if json:
        print_json(summary | ({"input_list": rows} if inputs else {}))
    else:
        print(_text(summary))
        if inputs:
            print(f"\n{_input_table(rows)}")


def _checked(name: str) -> tuple[Study, dict[str, Any]]:
    """The study and what was found to be sound, or InputError."""
    from mcengine.analysis.asked import asked_analyses
    from mcengine.inputs.study import load_study
    from mcengine.models.build import build_model

    study = load_study(name)
    model = build_model(study, luck=True)
    asked = asked_analyses(study)
    for output in study.outputs:
        model.output_index(output)
    return study, {
        "study": study.name,
        "ok": True,
        "title": dict(study.title),
        "file": str(study.file),
        "plan": None if study.plan is None else study.plan.name,
        "model": model.name,
        "inputs": len(study.inputs),
        "uncertain": list(study.uncertain),
        "sets": {member.set.name: member.weight for member in study.sets},
        "options": _options(study),
        "sensitivity": [one.method for one in asked],
        "warnings": list(study.warnings),
        "sources": [{"file": file, "sha256": digest} for file, digest in study.sources],
    }


def _options(study: Study) -> dict[str, Any]:
    if study.plan is None:
        return {}
    names = ("horizon", "spend_until", "discount_base_year", "structural_years", "accounting")
    luck = {"luck": study.options.luck} if study.options.luck else {}
    return {name: getattr(study.options, name) for name in names} | luck


def _inputs(study: Study) -> list[dict[str, Any]]:
    """Every input of the study: its name for `--set`, the plan's value, what each set assumes, and what it may be.

    Numbers that are infinite ("unlimited") are the text "inf".
    """
    rows = []
    for spec in study.inputs:
        fixed = study.fixed.get(spec.name)
        sets = {member.set.name: member.set.row(spec.name) for member in study.sets} if fixed is None else {}
        rows.append(
            {
                "name": spec.name,
                "value": _plain(spec.value),
                "fixed": None if fixed is None else _plain(fixed),
                "assumed": {name: row.distribution.text for name, row in sets.items() if row is not None},
                "unit": spec.unit,
                "valid": spec.domain.text,
            }
        )
    return rows


def _plain(value: float) -> float | str:
    return value if math.isfinite(value) else "inf"


def _input_table(rows: list[dict[str, Any]]) -> str:
    """One line an input; what is assumed stands below it where the line would be too long."""
    cells = [
        (row["name"], _number(row["value"]), "" if row["unit"] == "1" else row["unit"], row["valid"]) for row in rows
    ]
    heads = ("input", "plan's value", "unit", "may be")
    sizes = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    lines = [_line(heads, sizes) + "  assumed"]
    for row, texts in zip(rows, cells, strict=True):
        assumed = [f"{name}: {text}" for name, text in row["assumed"].items()]
        if row["fixed"] is not None:
            assumed = [f"fixed at {_number(row['fixed'])}"]
        told = "; ".join(assumed) or "the plan's value"
        line = f"{_line(texts, sizes)}  {told}"
        lines += [line] if len(line) <= width() else [_line(texts, sizes).rstrip(), f"    {told}"]
    return "\n".join(lines)


def _line(cells: Sequence[str], sizes: Sequence[int]) -> str:
    name, value, *rest = (cell.ljust(size) for cell, size in zip(cells, sizes, strict=True))
    return "  ".join((name, value.strip().rjust(len(value)), *rest))


def _number(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"


def _text(summary: dict[str, Any]) -> str:
    weights = summary["sets"].items()
    sets = ", ".join(name if weight == 1 else f"{name} ({weight:g})" for name, weight in weights)
    lines = [
        f"{summary['study']} is sound: {summary['title'].get('en', '')}".rstrip(": "),
        f"  model             {summary['model']}" + (f", plan {summary['plan']}" if summary["plan"] else ""),
        f"  inputs            {summary['inputs']}, of which {len(summary['uncertain'])} uncertain",
        f"  assumption sets   {sets or 'none: every input at its fixed value'}",
    ]
    if summary["options"]:
        lines.append("  options           " + ", ".join(f"{k} {v}" for k, v in summary["options"].items()))
    if summary["sensitivity"]:
        lines.append(f"  analyses          {', '.join(summary['sensitivity'])}")
    lines.append("  files read        " + ", ".join(source["file"] for source in summary["sources"]))
    lines.extend(f"  warning: {warning}" for warning in summary["warnings"])
    return "\n".join(lines)
