"""Accuracy per second: errors against ../reference.json, Sobol' points against random ones; see ../accuracy.py."""

from __future__ import annotations

import accuracy


class Accuracy:
    """Errors of one replicate's mean NPV (EUR m) and P(NPV > 0), root mean square over replicates."""

    params = (("mean", "prob_positive"), ("sobol", "random"))
    param_names = ("statistic", "sampler")
    exponents = accuracy.EXPONENTS

    def setup_cache(self) -> dict[str, accuracy.Convergence]:
        """One convergence study a sampler, shared by all tracks."""
        return {sampler: accuracy.convergence(sampler, self.exponents) for sampler in self.params[1]}

    def track_slope(self, found: dict[str, accuracy.Convergence], statistic: str, sampler: str) -> float:
        """Power of n with which the error falls; -0.5 for random points."""
        return found[sampler].slope(statistic)

    def track_error(self, found: dict[str, accuracy.Convergence], statistic: str, sampler: str) -> float:
        """Error at the largest n, in the statistic's unit."""
        return float(found[sampler].errors[statistic][-1])

    def track_seconds_to_a_thousandth(
        self, found: dict[str, accuracy.Convergence], statistic: str, sampler: str
    ) -> float:
        """Seconds of one thread until the error is a thousandth of the standard deviation of one draw."""
        return found[sampler].seconds_to(statistic, 1e-3)


Accuracy.track_seconds_to_a_thousandth.unit = "seconds"  # type: ignore[attr-defined]
