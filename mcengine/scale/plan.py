"""From a manifest to the runs of a batch: each with a readable name of its own, its study loaded and overridden.

What is wrong with the manifest (a misspelt study or input, a value out of its domain) is refused before anything is
computed. What is wrong with a study's own files fails its runs alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mcengine.analysis.simulate import check_seed, statistics_with_intervals
from mcengine.analysis.until import check_targets, parse_targets
from mcengine.engine.problem import default_outputs
from mcengine.errors import Fault, InputError, McEngineError
from mcengine.inputs.catalog import find, shown
from mcengine.inputs.study import Study
from mcengine.inputs.study_file import read_study
from mcengine.inputs.toml import Reader
from mcengine.models.build import build_model
from mcengine.scale.manifest import Cell, Manifest

LONGEST_SLUG = 100


@dataclass(frozen=True)
class PlannedRun:
    """One run of a batch.

    slug   its name and the name of its folder, unique in the batch: evidence--horizon-2050
    cell   what the manifest asks for
    study  with the overrides applied; None when its own files are faulty
    fault  why there is no study
    """

    slug: str
    cell: Cell
    study: Study | None
    fault: InputError | None = None


@dataclass(frozen=True)
class BatchPlan:
    """The runs of a batch in order, all with one seed; `files` are (file, sha256) by study as named in the manifest."""

    manifest: Manifest
    seed: int
    runs: tuple[PlannedRun, ...]
    files: Mapping[str, tuple[tuple[str, str], ...]]

    def run(self, slug: str) -> PlannedRun:
        """The run of this name. Raises KeyError."""
        for run in self.runs:
            if run.slug == slug:
                return run
        raise KeyError(slug)

    def resolved(self) -> dict[str, Any]:
        """What the batch computes, as plain data; `hours` is left out, as a batch may be given more time."""
        manifest = self.manifest
        return {
            "name": manifest.name,
            "seed": self.seed,
            "sampler": manifest.sampler,
            "outputs": list(manifest.outputs),
            "independent": manifest.independent,
            "reports": manifest.reports,
            "timed": manifest.hours is not None,
            "sensitivity": {method: dict(options) for method, options in manifest.sensitivity.items()},
            "runs": {
                run.slug: {
                    "study": run.cell.study,
                    "settings": dict(run.cell.settings),
                    "draws": run.cell.draws,
                    "replicates": run.cell.replicates,
                    "until": run.cell.until,
                    "cap": run.cell.cap,
                }
                for run in self.runs
            },
        }


def plan_batch(manifest: Manifest, *, seed: int | None = None) -> BatchPlan:
    """Load every study and apply every override; nothing is computed.

    seed  where the manifest has none: that of the batch to be resumed; None draws one

    Raises
    ------
    InputError  everything wrong with the manifest: studies, inputs, options, values, targets
    """
    loaded = _Studies(manifest)
    runs, slugs, faults = [], set[str](), []
    for cell in manifest.cells:
        study, failure = None, None
        try:
            study = loaded.get(cell.study)
        except InputError as error:
            failure = error
            if cell.study in loaded.unknown:
                faults += [replace(fault, file=manifest.file, key=cell.keys[""]) for fault in error.faults]
        if study is not None:
            try:
                study = study.overridden(cell.settings)
                _check_targets(cell, study, manifest)
            except InputError as error:
                faults += [_placed(fault, cell, manifest) for fault in error.faults]
        if study is not None and manifest.independent:
            study = replace(study, correlations=False)
        slug = _unique(_slug(cell), slugs)
        runs.append(PlannedRun(slug, cell, study, failure))
    if faults:
        raise InputError(dict.fromkeys(faults))
    chosen = check_seed(manifest.seed if manifest.seed is not None else seed)
    return BatchPlan(manifest, chosen, tuple(runs), loaded.files)


class _Studies:
    """Studies by the name in the manifest, each read once."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._found: dict[str, Study | InputError] = {}
        self.files: dict[str, tuple[tuple[str, str], ...]] = {}
        self.unknown: set[str] = set()

    def get(self, name: str) -> Study:
        """The study; raises the InputError of its files, or that there is none of the name (then it is `unknown`)."""
        if name not in self._found:
            self._found[name] = self._read(name)
        found = self._found[name]
        if isinstance(found, InputError):
            raise found
        return found

    def _read(self, name: str) -> Study | InputError:
        try:
            path = find("study", name, relative_to=self._manifest.folder)
        except InputError as error:
            self.unknown.add(name)
            self.files[name] = ()
            return error
        try:
            study = read_study(path)
        except InputError as error:
            self.files[name] = _file(path)
            return error
        itself = () if shown(path) in dict(study.sources) else _file(path)  # a resolved study names its origins only
        self.files[name] = (*itself, *study.sources)
        return study


def _file(path: Path) -> tuple[tuple[str, str], ...]:
    """The one file, where what it names cannot be known."""
    reader = Reader()
    try:
        reader.record(path)
    except InputError:
        return ((shown(path), ""),)
    return tuple(reader.sources.items())


def _check_targets(cell: Cell, study: Study, manifest: Manifest) -> None:
    """The targets are of outputs that the study's model has; a model that cannot be built fails when it runs."""
    if cell.until is None:
        return
    try:
        model = build_model(study, luck=True)
        watched = list(default_outputs(model))
        watched += [model.outputs[model.output_index(key)] for key in (*study.outputs, *manifest.outputs)]
    except McEngineError:
        return
    check_targets(parse_targets(cell.until), statistics_with_intervals(watched))


def _placed(fault: Fault, cell: Cell, manifest: Manifest) -> Fault:
    """A fault of an override or a target, at its place in the manifest."""
    key = cell.keys.get(fault.key or "", "until" if fault.key == "--until" else fault.key)
    return Fault(manifest.file, key, fault.value, f"{fault.rule} (study {cell.study})", fault.nearest)


def _slug(cell: Cell) -> str:
    """evidence--horizon-2050--discount_rate-0.0225: readable, and safe as the name of a folder."""
    path = cell.study.removesuffix(".toml")
    study = path if not path.startswith((".", "/")) and path == cell.study else Path(path).name
    parts = [study.replace("/", "-"), *(f"{name}-{value}" for name, value in cell.settings.items())]
    text = re.sub(r"[^A-Za-z0-9._+-]", "_", "--".join(parts)).lstrip(".-") or "run"
    if len(text) <= LONGEST_SLUG:
        return text
    return f"{text[: LONGEST_SLUG - 9]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _unique(slug: str, taken: set[str]) -> str:
    """`slug`, with a number after it where it is taken; file systems may not tell capitals apart."""
    name, number = slug, 1
    while name.lower() in taken:
        number += 1
        name = f"{slug}-{number}"
    taken.add(name.lower())
    return name
