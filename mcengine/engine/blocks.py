"""The loop over blocks: points -> normal scores -> quantiles -> kernel -> accumulators, all compiled.

A block of some hundreds of draws stays in the core's cache from its first uniform to its last statistic;
no stage stores all draws. The result does not depend on the block's size: each stage computes draw by draw,
and the accumulators' order is the draws'.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcengine.compiled import jit, pure
from mcengine.engine.accumulators import accumulate
from mcengine.sampling.dependence import correlate, mix
from mcengine.sampling.direct import Direct, quantiles_of_uniforms
from mcengine.sampling.points import fill, fill_luck, replicate_words
from mcengine.sampling.tables import normal_scores, quantiles
from mcengine.simd import WIDTH

LINE = 8  # float64 numbers on a cache line
SPACE = 2  # rows of working space before the scores: a uniform and a value


class Design(NamedTuple):
    """What turns uniforms into inputs.

    fixed float64 (groups, inputs): the value of each input where it is not uncertain;
    uncertain int64 (u,): rows of x drawn in some group, ascending; slot int64 (groups, u): the input's
    place in its group's tables, or -1 where the group fixes it; cumulative float64 (groups,): upper ends of
    the groups' shares of (0, 1); score_table: see `sampling.tables`; direct: by group, the tables of uncertain inputs
    outside its correlations.
    """

    fixed: NDArray[np.float64]
    uncertain: NDArray[np.int64]
    slot: NDArray[np.int64]
    cumulative: NDArray[np.float64]
    score_table: NDArray[np.float64]
    direct: tuple[Direct, ...]


@pure
def _scores(points, words, design, direct, replicate, first, z):
    """Independent normal scores of the uncertain inputs, one row each, in z[SPACE:]; of direct ones, the values."""
    for k in range(design.uncertain.shape[0]):
        fill(points, words, design.uncertain[k], replicate, first, z[0])
        if direct.bits[k] >= 0:
            quantiles_of_uniforms(k, z[0], direct, z[SPACE + k])
        else:
            normal_scores(z[0], design.score_table, z[SPACE + k])


@pure
def _depend(copula, points, words, design, replicate, first, z):
    """Make the scores z[SPACE:] those of the copula."""
    correlate(copula, z[SPACE:])
    for block in range(copula.mixing.shape[0]):
        if copula.mixing[block] >= 0:
            fill(points, words, copula.mixing[block], replicate, first, z[0])
            normal_scores(z[0], design.score_table, z[1])
            mix(copula, block, z[1], z[SPACE:])


@pure
def _choose_group(points, words, design, replicate, first, x, z, group):
    """The assumption set of each draw of a pool: its uniform's place among the sets' shares."""
    fill(points, words, design.fixed.shape[1], replicate, first, z[0])
    group[:] = 0
    for g in range(design.cumulative.shape[0] - 1):
        for i in range(group.shape[0]):
            group[i] += z[0, i] >= design.cumulative[g]


@pure
def fill_inputs(points, words, design, tables, copulas, replicate, first, x, z, group):
    """Fill the uncertain rows of x, float64 (inputs [+ luck], draws), for draws first, first + 1, ...

    `words` are the replicate's (`points.replicate_words`); `z` float64 (SPACE + u, draws) is working space;
    `group` int64 (draws,) receives each draw's assumption set. In a pool every set transforms the same
    independent scores, and each draw keeps the inputs of its own set.
    """
    groups = design.fixed.shape[0]
    if groups == 1:
        direct = design.direct[0]
        _scores(points, words, design, direct, replicate, first, z)
        _depend(copulas[0], points, words, design, replicate, first, z)
        for k in range(design.uncertain.shape[0]):
            if direct.bits[k] >= 0:
                row = x[design.uncertain[k]]
                for i in range(x.shape[1]):
                    row[i] = z[SPACE + k, i]
            else:
                quantiles(design.slot[0, k], z[SPACE + k], tables[0], x[design.uncertain[k]])
        return
    _choose_group(points, words, design, replicate, first, x, z, group)
    for g in range(groups):
        direct = design.direct[g]
        _scores(points, words, design, direct, replicate, first, z)
        _depend(copulas[g], points, words, design, replicate, first, z)
        for k in range(design.uncertain.shape[0]):
            value = z[1]
            if direct.bits[k] >= 0:
                value = z[SPACE + k]
            elif design.slot[g, k] >= 0:
                quantiles(design.slot[g, k], z[SPACE + k], tables[g], z[1])
            else:
                z[1, :] = design.fixed[g, design.uncertain[k]]
            row = x[design.uncertain[k]]
            for i in range(x.shape[1]):
                row[i] = value[i] if group[i] == g else row[i]


@jit
def aligned(rows, width):
    """Empty float64 (rows, width) that begins on a cache line: eight draws are then one line, not parts of two."""
    flat = np.empty(rows * width + LINE)
    skip = (-(flat.ctypes.data // 8)) % LINE
    return flat[skip : skip + rows * width].reshape(rows, width)


@pure
def _start(x, design):
    for j in range(design.fixed.shape[1]):
        x[j, :] = design.fixed[0, j]


@pure
def _add_block(out, n, group, groups, watch, totals, kept):
    """Accumulate the watched outputs of a block's first n draws; False when one is not finite."""
    for k in range(watch.row.shape[0]):
        y = out[watch.row[k], :n]
        if groups == 1:
            if not accumulate(y, k, 0, totals.made[0], watch, totals):
                return False
            continue
        for g in range(groups):
            size = 0
            for i in range(n):
                if group[i] == g:
                    kept[size] = y[i]
                    size += 1
            if not accumulate(kept[:size], k, g, totals.made[g], watch, totals):
                return False
    if groups == 1:
        totals.made[0] += n
    else:
        for i in range(n):
            totals.made[group[i]] += 1
    return True


@jit
def simulate(
    function,
    constants,
    points,
    design,
    tables,
    copulas,
    watch,
    totals,
    yearly,
    shape,
    replicate,
    first,
    count,
    block,
):
    """Simulate draws first .. first + count of a replicate into `totals`. Blocks are whole vectors of 8 draws; those
    beyond the last one are made and left out.

    yearly   float64 (yearly rows, draws): receives the yearly tables of draws first .. ; no rows: none kept
    shape    (headline rows, output rows the kernel fills, working rows)
    Returns the first draw of the block that held a non-finite watched output, or -1.
    """
    headline, filled, scratch = shape
    groups = design.fixed.shape[0]
    words = np.empty((points.keys.shape[0], 2), dtype=np.uint32)
    replicate_words(points, replicate, words)
    done = 0
    width = 0
    inputs = design.fixed.shape[1]
    x = np.empty((inputs, 0))
    out = np.empty((filled + scratch, 0))
    z = np.empty((2, 0))
    group = np.empty(0, dtype=np.int64)
    while done < count:
        if width != min(block, count - done):
            width = min(block, count - done)
            padded = -(-width // WIDTH) * WIDTH
            x = aligned(inputs + points.luck.shape[0], padded)
            _start(x, design)
            out = aligned(filled + scratch, padded)
            z = aligned(SPACE + design.uncertain.shape[0], padded)
            group = np.zeros(padded, dtype=np.int64)
        fill_inputs(points, words, design, tables, copulas, replicate, first + done, x, z, group)
        fill_luck(points, replicate, 0, first + done, x[inputs:])
        function(x, out, constants)
        if not _add_block(out, width, group, groups, watch, totals, z[1]):
            return first + done
        for row in range(yearly.shape[0]):
            yearly[row, done : done + width] = out[headline + row, :width]
        done += width
    return -1


@jit
def inputs_and_outputs(function, constants, points, design, tables, copulas, replicate, first, x, out, group):
    """Fill x (inputs + luck, draws), out (outputs + working rows, draws), group (draws,) for 8 k draws from first."""
    _start(x, design)
    group[:] = 0
    words = np.empty((points.keys.shape[0], 2), dtype=np.uint32)
    replicate_words(points, replicate, words)
    z = np.empty((SPACE + design.uncertain.shape[0], x.shape[1]))
    fill_inputs(points, words, design, tables, copulas, replicate, first, x, z, group)
    fill_luck(points, replicate, 0, first, x[design.fixed.shape[1] :])
    function(x, out, constants)


@jit
def lucks(function, constants, points, design, tables, copulas, replicate, first, row, inner, scratch, values):
    """One output under several lucks of the same draws: the nested design.

    first   even; row, scratch  the output's row in `out`, and the rows the kernel fills and works in
    inner   the first luck's index; values  float64 (lucks, 8 k draws): filled
    """
    lucky, padded = values.shape
    inputs = design.fixed.shape[1]
    x = aligned(inputs + points.luck.shape[0], padded)
    out = aligned(scratch, padded)
    z = aligned(SPACE + design.uncertain.shape[0], padded)
    group = np.zeros(padded, dtype=np.int64)
    words = np.empty((points.keys.shape[0], 2), dtype=np.uint32)
    replicate_words(points, replicate, words)
    _start(x, design)
    fill_inputs(points, words, design, tables, copulas, replicate, first, x, z, group)
    for k in range(lucky):
        fill_luck(points, replicate, inner + k, first, x[inputs:])
        function(x, out, constants)
        values[k] = out[row]
