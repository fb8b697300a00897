"""The compiled loops that stages.py times.

The engine's functions are reached through their modules, when a loop is compiled: a version of the package without
one of them loses that stage alone. Loops stand at the top of a file, as numba caches no closures over functions.
"""

from mcengine.compiled import jit
from mcengine.engine import blocks
from mcengine.sampling import dependence, points, tables


@jit
def uniforms(source, words, places, count, u):  # type: ignore[no-untyped-def]
    """Fill u, float64 (inputs, block), with `count` blocks of points one after the other."""
    for b in range(count):
        for k in range(places.shape[0]):
            points.fill(source, words, places[k], 0, b * u.shape[1], u[k])


@jit
def transform(u, design, table, copula, count, z, x):  # type: ignore[no-untyped-def]
    """Turn the uniforms u, float64 (inputs, block), into inputs x, `count` times."""
    for _ in range(count):
        for k in range(u.shape[0]):
            tables.normal_scores(u[k], design.score_table, z[k])
        dependence.correlate(copula, z)
        for k in range(u.shape[0]):
            tables.quantiles(design.slot[0, k], z[k], table, x[design.uncertain[k]])


@jit
def inputs(source, words, design, table, copulas, count, x, z, group):  # type: ignore[no-untyped-def]
    """Fill x, float64 (inputs, block), with `count` blocks of inputs one after the other."""
    for b in range(count):
        blocks.fill_inputs(source, words, design, table, copulas, 0, b * x.shape[1], x, z, group)


@jit
def kernel(function, x, out, constants, count):  # type: ignore[no-untyped-def]
    """Evaluate the block of inputs x `count` times."""
    for _ in range(count):
        function(x, out, constants)
