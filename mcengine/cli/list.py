"""`mcengine list`: the studies, assumption sets, plans and models that come with the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcengine.cli.options import JsonOption
from mcengine.cli.printing import print_json

if TYPE_CHECKING:
    from mcengine.inputs.catalog import Kind


def list_all(json: JsonOption = False) -> None:
    """List the bundled studies, assumption sets, plans, batches and models.

    Example: mcengine list
    """
    from mcengine.inputs import catalog

    studies = _described("study", catalog.studies())
    found = {
        "studies": studies,
        "assumption_sets": _described("assumption set", catalog.assumption_sets()),
        "plans": _described("plan", catalog.plans()),
        "batches": _batches(),
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
    print("`mcengine check STUDY --inputs` lists a study's inputs, `mcengine runs` the runs that were kept.")


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


def _batches() -> list[dict[str, Any]]:
    """The bundled manifests of `mcengine batch`; a manifest has no title, so its studies are named."""
    from mcengine.inputs import catalog
    from mcengine.inputs.toml import Reader

    entries = []
    for name in catalog.batches():
        path = catalog.find("batch", name)
        data = Reader().toml(path)
        names = [*data.get("studies", ()), *(run["study"] for run in data.get("runs", ()))]
        listed = ", ".join(dict.fromkeys(names))
        entries.append({"name": name, "file": catalog.shown(path), "title": {"en": listed, "nl": listed}})
    return entries


def _models(studies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The model of every plan, and those that bundled studies name. Read from the data: numba stays out."""
    investment = {
        "en": "plan accounting or pipeline accounting, for any study with a plan",
        "nl": "planboekhouding of pijplijnboekhouding, voor elke studie met een plan",
    }
    named = [{"name": study["model"], "title": study["title"]} for study in studies if "model" in study]
    return [{"name": "investment", "title": investment}, *named]
