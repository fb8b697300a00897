"""`mcengine check STUDY`: whether a study is sound, with every fault named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from mcengine.cli.options import JsonOption, StudyArgument
from mcengine.cli.printing import print_json
from mcengine.errors import InputError

if TYPE_CHECKING:
    from mcengine.inputs.study import Study


def check(study: StudyArgument, json: JsonOption = False) -> None:
    """Check a study and the files it names; exit code 2 when anything is wrong with them."""
    try:
        summary = _checked(study)
    except InputError as error:
        if not json:
            raise
        print_json({"study": study, "ok": False, "faults": [_fault(fault) for fault in error.faults]})
        raise typer.Exit(error.exit_code) from None
    if json:
        print_json(summary)
    else:
        print(_text(summary))


def _checked(name: str) -> dict[str, Any]:
    """What was found to be sound, or InputError."""
    from mcengine.analysis.asked import asked_analyses
    from mcengine.inputs.study import load_study
    from mcengine.models.build import build_model

    study = load_study(name)
    model = build_model(study, luck=True)
    asked = asked_analyses(study)
    for output in study.outputs:
        model.output_index(output)
    return {
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


def _fault(fault: Any) -> dict[str, Any]:
    value = fault.value if isinstance(fault.value, bool | int | str | None) else str(fault.value)
    texts = {"file": fault.file, "key": fault.key, "value": value, "rule": fault.rule}
    return {**texts, "nearest": fault.nearest}


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
