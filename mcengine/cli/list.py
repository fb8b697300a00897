"""`mcengine list`: the studies, assumption sets, plans and models that come with the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcengine.cli.options import JsonOption
from mcengine.cli.printing import print_json

if TYPE_CHECKING:
    from mcengine.inputs.catalog import Kind


def list_all(json: JsonOption = False) -> None:
    """List the bundled studies, assumption sets, plans and models."""
    from mcengine.inputs import catalog

    studies = _described("study", catalog.studies())
    found = {
        "studies": studies,
        "assumption_sets": _described("assumption set", catalog.assumption_sets()),
        "plans": _described("plan", catalog.plans()),
        "models": _models(studies),
    }
    if json:
        print_json(found)
        return
    for heading, entries in found.items():
        longest = max((len(entry["name"]) for entry in entries), default=0)
        print(heading.replace("_", " ") + ":")
        for entry in entries:
            print(f"  {entry['name'].ljust(longest)}  {entry['title']['en']}")
        print()
    print("A study of your own is a TOML file; give its path instead of a name.")


def _described(kind: Kind, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Name, title, description and file of each bundled file; the model, where a study names one."""
    from mcengine.inputs import catalog
    from mcengine.inputs.toml import Reader

    entries: list[dict[str, Any]] = []
    for name in names:
        path = catalog.find(kind, name)
        data = Reader().toml(path)
        entry: dict[str, Any] = {"name": name, "file": catalog.shown(path)}
        entries.append(entry | {key: data[key] for key in ("title", "description", "model") if key in data})
    return entries


def _models(studies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The model of every plan, and those that bundled studies name. Read from the data: numba stays out."""
    investment = {
        "en": "plan accounting or pipeline accounting, for any study with a plan",
        "nl": "planboekhouding of pijplijnboekhouding, voor elke studie met een plan",
    }
    named = [{"name": study["model"], "title": study["title"]} for study in studies if "model" in study]
    return [{"name": "investment", "title": investment}, *named]
