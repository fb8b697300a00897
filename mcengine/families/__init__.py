"""Families of distributions, one per file, all with the same parts in the same order.

>>> from mcengine.families import distribution
>>> leverage = distribution("pert", {"low": 1.75, "mode": 2.4952381, "high": 3.25})
>>> leverage.text
'PERT(1.75, 2.4952381, 3.25)'
>>> round(leverage.mean, 6)
2.496825
>>> share = distribution("normal", {"mean": 0.9, "sd": 0.1}, truncate=(0.0, 1.0))
>>> share.text, share.support
('Normal(mean 0.9, sd 0.1) truncated to [0, 1]', (0.0, 1.0))
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcengine.errors import nearest_name
from mcengine.families.base import Distribution, Family, Piece
from mcengine.families.beta import Beta
from mcengine.families.constant import Constant
from mcengine.families.discrete import Discrete
from mcengine.families.empirical import Empirical
from mcengine.families.lognormal import Lognormal
from mcengine.families.mixture import Mixture
from mcengine.families.normal import Normal
from mcengine.families.pert import Pert
from mcengine.families.reader import ParameterError, Problem, Reader
from mcengine.families.triangular import Triangular
from mcengine.families.truncated import bound_problems, truncated
from mcengine.families.uniform import Uniform

__all__ = ["FAMILIES", "Distribution", "ParameterError", "Piece", "Problem", "distribution"]

FAMILIES: dict[str, type[Family]] = {
    family.name: family
    for family in (
        Constant,
        Uniform,
        Triangular,
        Pert,
        Normal,
        Lognormal,
        Beta,
        Empirical,
        Discrete,
        Mixture,
    )
}
"""Every family by its name in a TOML file."""


def distribution(
    family: str,
    parameters: Mapping[str, Any],
    *,
    truncate: tuple[float, float] | None = None,
    base_dir: Path | None = None,
) -> Distribution:
    """The distribution of that family with these parameters, cut to `truncate` = (low, high) if given.

    `base_dir` is where a data file named in the parameters is looked for (default: the working folder).
    Raises `ParameterError` with everything that is wrong: the family, names, missing and impossible values.
    """
    if not isinstance(family, str) or family not in FAMILIES:
        rule = f"is not a family: choose one of {', '.join(FAMILIES)}"
        raise ParameterError([Problem("family", family, rule, nearest_name(family, FAMILIES))])
    kind = FAMILIES[family]
    problems = [] if truncate is None else bound_problems(truncate)
    try:
        whole = kind.read(Reader(family, parameters, kind.forms, kind.optional, base_dir, distribution))
    except ParameterError as error:
        problems = [*error.problems, *problems]
    if problems:
        raise ParameterError(problems)
    return whole if truncate is None else truncated(whole, truncate)
