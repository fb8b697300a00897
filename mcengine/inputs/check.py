"""From a pydantic model's complaints to faults in plain words.

Every file has one `Report`. Keys are dotted paths with names where rows have them:
`inputs[leverage].domain.min`, `assumptions[3:leverage].parameters.mode` (rows counted from 1).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import ErrorDetails

from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.toml import unusable_numbers

Path = tuple[str | int, ...]


class Row(BaseModel):
    """Base of every table of a file: unknown keys refused, no silent conversion, no NaN or infinity."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


RowType = TypeVar("RowType", bound=Row)


class Report:
    """The faults of one file, gathered before they are raised once.

    `file` its shown name (None for the command line or a call); `prefix` the key of the part of the file
    that is being read. Of the faults at a key whose number is unusable only the first is raised: the others
    say the same again.
    """

    def __init__(self, file: str | None, prefix: str = "") -> None:
        self.file, self.prefix = file, prefix
        self.faults: list[Fault] = []
        self._settled: set[str | None] = set()

    def under(self, prefix: str) -> Report:
        """The same report for the part of the file at `prefix`."""
        part = Report(self.file, self.key(prefix) or "")
        part.faults, part._settled = self.faults, self._settled
        return part

    def key(self, key: str | None) -> str | None:
        """`key` of this part as a key of the whole file."""
        return ".".join(filter(None, (self.prefix, key))) or None

    def add(self, key: str | None, value: Any, rule: str, nearest: str | None = None) -> None:
        """Note one fault."""
        self.faults.append(Fault(self.file, self.key(key), value, rule, nearest))

    def take(self, error: InputError) -> None:
        """Note the faults of another file (or of a deeper check), each once."""
        self.faults.extend(fault for fault in error.faults if fault not in self.faults)

    def refuse_unusable_numbers(self, data: Mapping[str, Any]) -> None:
        """Note every NaN and every integer beyond 64 bits in the whole file."""
        for path, value in unusable_numbers(data):
            key = dotted(data, path)
            self.add(key, value, "must be a number, not NaN" if value != value else "must fit in 64 bits")
            self._settled.add(self.key(key))

    def raise_if_any(self) -> None:
        """Raise InputError with all faults, if there are any."""
        if self.faults:
            at = [(fault.file, fault.key) for fault in self.faults]
            again = [key in self._settled and (file, key) in at[:i] for i, (file, key) in enumerate(at)]
            raise InputError(fault for fault, drop in zip(self.faults, again, strict=True) if not drop)


def label(key: str, index: int, row: Any) -> str:
    """How row `index` (from 0) of the list `key` is named in a fault, brackets included."""
    if isinstance(row, Mapping):
        if key.rpartition(".")[2] == "assumptions" and isinstance(row.get("input"), str):
            return f"[{index + 1}:{row['input']}]"
        if isinstance(row.get("name"), str) and row["name"].strip():
            return f"[{row['name']}]"
    return f"[{index + 1}]"


def dotted(data: Any, path: Path, prefix: str = "") -> str:
    """The key of `path` within `data`, which itself stands at `prefix`."""
    key = prefix
    for part in path:
        if isinstance(part, int):
            inside = isinstance(data, Sequence) and part < len(data)
            data = data[part] if inside else None
            key += label(key, part, data)
        else:
            data = data.get(part) if isinstance(data, Mapping) else None
            key += f".{part}" if key else part
    return key


def check(model: type[Row], data: Any, report: Report, prefix: str = "") -> Any:
    """`data` as a `model`, its faults noted in `report` under `prefix`.

    When there are faults the returned row has None (or the default) in the faulty fields, so that the
    sound ones can still be checked further and all faults of a file come out together. Hence no type.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False)
    bad = set()
    for detail in details:
        rule, nearest = _rule(model, detail)
        value = None if detail["type"] == "missing" else detail["input"]
        report.add(dotted(data, detail["loc"], prefix) or None, value, rule, nearest)
        bad.add(detail["loc"][0] if detail["loc"] else None)
    sound = {key: value for key, value in data.items() if key not in bad} if isinstance(data, Mapping) else {}
    return _partial(model).model_validate(sound)


@lru_cache
def _partial(model: type[RowType]) -> type[RowType]:
    """`model` with every required field optional (None when absent)."""
    fields = {
        name: (field.annotation | None, Field(default=None, alias=field.alias))
        for name, field in model.model_fields.items()
        if field.is_required() and field.annotation is not None
    }
    return create_model(f"Partial{model.__name__}", __base__=model, **fields)  # type: ignore[call-overload,no-any-return]


_PLAIN_WORDS = {
    "missing": "is required",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "string_pattern_mismatch": "must not be blank",
    "list_type": "must be a list [...]",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "literal_error": "must be one of: {expected}",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
    "too_short": "must have at least {min_length} values, has {actual_length}",
    "too_long": "must have at most {max_length} values, has {actual_length}",
}


def _rule(model: type[Row], detail: ErrorDetails) -> tuple[str, str | None]:
    """The rule in plain words that one pydantic complaint stands for, and the nearest valid name."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        valid = _fields_at(model, detail["loc"][:-1])
        return f"unknown key; valid keys: {', '.join(valid)}", nearest_name(detail["loc"][-1], valid)
    rule = _PLAIN_WORDS.get(kind, detail["msg"]).format(**context)
    nearest = None
    if kind == "literal_error" and isinstance(detail["input"], str):
        nearest = nearest_name(detail["input"], re.findall(r"'([^']*)'", context["expected"]))
    return rule, nearest


def _fields_at(model: type[Row], path: Path) -> list[str]:
    """Names of the fields valid at `path` inside `model` (lists and optional fields are looked through)."""
    for part in path:
        if isinstance(part, str) and part in model.model_fields:
            annotation: Any = model.model_fields[part].annotation
            while not (isinstance(annotation, type) and issubclass(annotation, Row)):
                annotation = next(arg for arg in get_args(annotation) if arg is not type(None))
            model = annotation
    return [field.alias or name for name, field in model.model_fields.items()]
