"""The structure of the TOML files: which tables and keys they have, and of what type.

Only structure: what a value must be beyond its type (domains, sums, known names) is checked where the
frozen objects are made, in `plan`, `rows` and `study`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from mcengine.inputs.check import Row
from mcengine.inputs.texts import Text

NonBlank = Annotated[str, StringConstraints(pattern=r"\S")]
Pair = Annotated[list[float], Field(min_length=2, max_length=2)]
Table = dict[str, Any]
Unlimited = Annotated[float, Field(allow_inf_nan=True)]
"""A number that may be inf where the input's domain has it."""


def _version(number: int) -> int:
    """The number of the format, of which there is one so far."""
    if number != 1:
        raise PydanticCustomError("version", "must be 1, the version of this format")
    return number


Version = Annotated[int, AfterValidator(_version)]


class TextRow(Row):
    """One text in the report's two languages."""

    en: NonBlank
    nl: NonBlank


class Words(Row):
    """A text given once, as a string, or in both languages, as a table { en = "...", nl = "..." }; may be empty."""

    en: str
    nl: str

    @model_validator(mode="before")
    @classmethod
    def _once(cls, data: Any) -> Any:
        """A string is the text in either language."""
        if isinstance(data, str):
            return {"en": data, "nl": data}
        if not isinstance(data, Mapping):
            raise PydanticCustomError("words", "must be text, or a table with a text for en and one for nl")
        return data

    @model_validator(mode="after")
    def _both(self) -> Self:
        """No language is left empty."""
        if bool(self.en.strip()) != bool(self.nl.strip()):
            raise PydanticCustomError("words_empty", "must not be blank in one of the languages")
        return self

    @property
    def text(self) -> Text:
        """The text."""
        return Text(self.en, self.nl)


class NonBlankWords(Words):
    """A text that may not be empty."""

    @model_validator(mode="after")
    def _given(self) -> Self:
        """There is something to read."""
        if not self.en.strip():
            raise PydanticCustomError("words_blank", "must not be blank")
        return self


NO_WORDS = Words(en="", nl="")


class DomainRow(Row):
    """Bounds of the values an input may take; a bound left out is infinite. `infinite`: inf itself is allowed."""

    model_config = ConfigDict(allow_inf_nan=True)

    min: float | None = None
    max: float | None = None
    open_min: bool = False
    open_max: bool = False
    infinite: bool = False


class InputRow(Row):
    """One `[[inputs]]` row of a plan."""

    name: NonBlank
    value: Unlimited
    unit: NonBlank
    domain: DomainRow
    search: Pair
    label: TextRow
    meaning: NonBlank
    source: NonBlankWords
    locator: Words = NO_WORDS
    corrects: NonBlank | None = None
    neutral: float | None = None


class StudyInputRow(Row):
    """One `[[inputs]]` row of a study with a model of its own: names and sources may be left out."""

    name: NonBlank
    value: float
    unit: NonBlank = "1"
    domain: DomainRow = DomainRow()
    search: Pair | None = None
    label: TextRow | None = None
    meaning: str = ""
    source: Words = NO_WORDS
    locator: Words = NO_WORDS
    corrects: NonBlank | None = None
    neutral: float | None = None


class PhaseRow(Row):
    """One `[[phases]]` row of a plan."""

    name: NonBlank
    label: TextRow
    public_money_share: float
    public_share: float
    cost: float
    success: NonBlank
    duration: NonBlank
    supply: NonBlank | None = None
    source: Words = NO_WORDS
    locator: Words = NO_WORDS


class BudgetRow(Row):
    """The `[budget]` of a plan: money per year from `first_year` on."""

    unit: NonBlank
    source: Words = NO_WORDS
    locator: Words = NO_WORDS
    public_pipeline: Annotated[list[float], Field(min_length=1)]
    preconditions: Annotated[list[float], Field(min_length=1)]


class GdpPerJobRow(Row):
    """`[gdp_per_job]` of a plan."""

    value: float
    unit: NonBlank
    source: Words = NO_WORDS
    locator: Words = NO_WORDS


class SourceRow(Row):
    """`[source]` of a plan."""

    document: NonBlank
    locator: Words = NO_WORDS


class InconsistencyRow(Row):
    """One `[[inconsistencies]]`, `[[not_counted]]` or `[[remarks]]` row of a plan: what does not add up in it, what is
    left out, or what only seems not to add up."""

    en: NonBlank
    nl: NonBlank
    locator: Words = NO_WORDS


class PublishedRow(Row):
    """One published figure: a `[[figures]]` row, or a line of the csv file that `published` names."""

    quantity: NonBlank
    year: int | None = None
    value: float
    decimals: int
    unit: NonBlank
    source: Words = NO_WORDS
    study: str = ""


class PlanFile(Row):
    """A plan file. Rows are checked one by one, so that a fault in one hides none in the others."""

    schema_: Version = Field(alias="schema")
    name: NonBlank
    title: TextRow
    source: SourceRow
    currency: NonBlank
    price_level: int
    first_year: Annotated[int, Field(ge=1, le=9000)]
    horizon: int
    spend_until: int
    discount_base_year: int
    structural_years: int
    published: NonBlank | None = None
    figures: list[Table] = Field(default_factory=list)
    gdp_per_job: GdpPerJobRow
    budget: BudgetRow
    phases: Annotated[list[Table], Field(min_length=1)]
    inputs: Annotated[list[Table], Field(min_length=1)]
    inconsistencies: list[InconsistencyRow] = Field(default_factory=list)
    not_counted: list[InconsistencyRow] = Field(default_factory=list)
    remarks: list[InconsistencyRow] = Field(default_factory=list)


class EvidenceRow(Row):
    """One `[[assumptions]]` row: what an input may be, and on whose word."""

    input: NonBlank
    family: NonBlank
    parameters: Table
    truncate: list[Any] | None = None
    unit: NonBlank
    source: NonBlankWords
    locator: Words = NO_WORDS
    confidence: Literal["V", "M", "J"]
    shape: Literal["J"] | None = None
    owner: NonBlank
    date: Any
    note: Words = NO_WORDS
    corrects: NonBlank | None = None
    like: NonBlank | None = None


class LikeRow(Row):
    """One `[[assumptions]]` row that takes over the whole row of another set."""

    input: NonBlank
    like: NonBlank


class CorrelationRow(Row):
    """One `[[correlations]]` row: a rank correlation between two inputs, or among several."""

    between: Annotated[list[NonBlank], Field(min_length=2, max_length=2)] | None = None
    among: Annotated[list[NonBlank], Field(min_length=2)] | None = None
    rho: float
    confidence: Literal["V", "M", "J"] = "J"
    note: Words = NO_WORDS


class CopulaRow(Row):
    """`[copula]`: the shape of the dependence."""

    family: Literal["normal", "t"]
    degrees_of_freedom: Annotated[float, Field(gt=0)] | None = None


class SetFile(Row):
    """An assumption set's file."""

    schema_: Version = Field(alias="schema")
    name: NonBlank
    title: TextRow
    description: TextRow | None = None
    plan: NonBlank | None = None
    assumptions: list[Table] = Field(default_factory=list)
    correlations: list[Table] = Field(default_factory=list)
    copula: CopulaRow | None = None


class ResolvedSet(SetFile):
    """A set inside a resolved study, with its weight."""

    weight: float


class OptionsRow(Row):
    """`[options]` of a study: each defaults to the plan's."""

    horizon: int | None = None
    spend_until: int | None = None
    discount_base_year: int | None = None
    structural_years: int | None = None
    accounting: NonBlank | None = None
    luck: bool | None = None


class OutputsRow(Row):
    """`[outputs]` of a study: which outputs to keep (all when left out)."""

    names: list[NonBlank] = Field(default_factory=list)


class FileDigest(Row):
    """One `[[sources]]` row of a resolved study: a file that was read."""

    name: NonBlank
    sha256: NonBlank


class StudyFile(Row):
    """A study file, as a user writes it."""

    schema_: Version = Field(alias="schema")
    name: NonBlank
    title: TextRow
    description: TextRow | None = None
    plan: NonBlank | None = None
    model: NonBlank | None = None
    assumptions: Any = None
    sets: dict[str, float] | None = None
    inputs: list[Table] = Field(default_factory=list)
    correlations: Any = True
    copula: CopulaRow | None = None
    options: OptionsRow = OptionsRow()
    fixed: dict[str, Any] = Field(default_factory=dict)
    outputs: OutputsRow = OutputsRow()
    sensitivity: Table = Field(default_factory=dict)


class ResolvedStudy(Row):
    """The study file of a run folder: nothing in it points to another file."""

    schema_: Version = Field(alias="schema")
    resolved: Literal[True]
    name: NonBlank
    title: TextRow
    description: TextRow | None = None
    model: NonBlank
    plan: Table | None = None
    inputs: list[Table] = Field(default_factory=list)
    sets: list[Table] = Field(default_factory=list)
    correlations: bool = True
    options: OptionsRow = OptionsRow()
    fixed: dict[str, Unlimited] = Field(default_factory=dict)
    outputs: OutputsRow = OutputsRow()
    sensitivity: Table = Field(default_factory=dict)
    sources: list[FileDigest] = Field(default_factory=list)
