"""From addresses to inputs: streams, Sobol' points, quantile tables, dependence."""
