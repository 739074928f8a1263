"""Linear and integer programs over patterns, by HiGHS."""

from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import numpy as np

from spanner.planning.packing.clock import Clock
from spanner.planning.packing.problem import Filled, Floats, Ints

_INFINITY = highspy.kHighsInf
_DEAR = 1000.0
"""Cost of leaving an item out, in dearest bins: so that there is always a solution."""
_PRIMAL, _DUAL = 4, 1  # simplex strategies


class _Quiet(highspy.Highs):
    """A model that prints nothing: enabling callbacks prints a banner before any option counts."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # as the library has it

    def enableCallbacks(self) -> None:  # noqa: N802
        self.silent()


@dataclass(frozen=True, slots=True)
class Pool:
    """Patterns, as rows of how many of each size, and the type of bin that each is for."""

    patterns: Ints
    bin_types: Ints


@dataclass(frozen=True, slots=True)
class Solution:
    """`value` of the objective, `amounts` of each pattern, and what one more item or bin is worth.

    `missing`: how many items are left out, since the stock is too small or a pattern is missing.
    """

    value: float
    amounts: Floats
    duals: Floats
    stock_duals: Floats
    missing: float


class Master:
    """The restricted master problem: patterns that cover all items, chosen in fractions.

    One model lives through the whole search: columns are added, right-hand sides change, and each
    solution starts from the one before.
    """

    def __init__(self, counts: Ints, costs: Floats, stocks: Sequence[int | None]) -> None:
        self._costs = costs
        self._stocks = _limits(stocks)
        self._sizes = len(counts)
        self._model = _model()
        _add_rows(self._model, counts, self._stocks)
        eye = np.eye(self._sizes, dtype=np.int64)
        dear = np.full(self._sizes, _DEAR * (costs.max() or 1.0))
        _add_columns(self._model, eye, np.full(self._sizes, -1), dear)
        self.pool = Pool(np.zeros((0, self._sizes), dtype=np.int64), np.zeros(0, dtype=np.int64))
        self._known: set[tuple[int, bytes]] = set()

    def add(self, patterns: Ints, bin_type: int) -> int:
        """Add those patterns, for bins of this type, that are new; says how many."""
        new = []
        for index, pattern in enumerate(patterns):
            key = bin_type, pattern.tobytes()
            if key not in self._known:
                self._known.add(key)
                new.append(index)
        if new:
            bin_types = np.full(len(new), bin_type)
            _add_columns(self._model, patterns[new], bin_types, self._costs[bin_types])
            self.pool = Pool(
                np.concatenate((self.pool.patterns, patterns[new])),
                np.concatenate((self.pool.bin_types, bin_types)),
            )
        return len(new)

    def add_pool(self, pool: Pool) -> None:
        """Add those patterns of a pool that are new, each for its type of bin."""
        for bin_type in range(len(self._costs)):
            self.add(pool.patterns[pool.bin_types == bin_type], bin_type)

    def add_filled(self, filled: Sequence[Filled]) -> None:
        """Add what these bins hold as patterns, where they are new."""
        patterns = np.array([each.pattern for each in filled])
        self.add_pool(Pool(patterns, np.array([each.bin_type for each in filled])))

    def require(self, counts: Ints, taken: Ints) -> None:
        """So many of each size are to be covered from now on; so many of each type are taken."""
        for row, count in enumerate(counts.tolist()):
            self._model.changeRowBounds(row, count, _INFINITY)
        for row, limit in enumerate((self._stocks - taken).tolist(), self._sizes):
            self._model.changeRowBounds(row, -_INFINITY, limit)

    def solve(self, clock: Clock, *, grown: bool) -> Solution | None:
        """Solve the linear program; None where the time is over.

        `grown`: columns came since the last time, which primal simplex takes up from there.
        """
        self._model.setOptionValue("simplex_strategy", _PRIMAL if grown else _DUAL)
        self._model.setOptionValue("time_limit", self._model.getRunTime() + clock.left)
        self._model.run()
        if self._model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = self._model.getSolution()
        amounts = np.array(solution.col_value)
        duals = np.array(solution.row_dual)
        return Solution(
            self._model.getObjectiveValue(),
            amounts[self._sizes :],
            np.maximum(duals[: self._sizes], 0.0),
            np.minimum(duals[self._sizes :], 0.0),
            float(amounts[: self._sizes].sum()),
        )


def central_duals(
    pool: Pool, counts: Ints, costs: Floats, stocks: Sequence[int | None], clock: Clock
) -> Floats | None:
    """What each size is worth, amid the best such values: by an interior point method.

    Without crossover, so that few patterns are worth as much as their bins. None where the method
    comes to nothing.
    """
    model = _model()
    model.setOptionValue("solver", "ipm")
    model.setOptionValue("run_crossover", "off")
    model.setOptionValue("time_limit", clock.left)
    _add_rows(model, counts, _limits(stocks))
    _add_columns(model, pool.patterns, pool.bin_types, costs[pool.bin_types])
    model.run()
    found: Floats = np.array(model.getSolution().row_dual)[: len(counts)]
    # No size is worth more than a bin to itself; with too little stock the method runs away.
    sound = bool(np.isfinite(found).all() and found.max() <= 2 * costs.max())
    return np.maximum(found, 0.0) if sound else None


@dataclass(frozen=True, slots=True)
class Choice:
    """How often each pattern; `amounts` None and `final`: there is no such choice."""

    amounts: Ints | None
    final: bool


def choose_whole(
    pool: Pool,
    counts: Ints,
    stocks: Sequence[int | None],
    goal: Ints | None,
    limits: Sequence[tuple[Ints, int]],
    clock: Clock,
    nodes: int | None = None,
) -> Choice:
    """Patterns that cover all items, at the least `goal` (costs of each type), or just any.

    Within the `limits`, each the costs of the types and the most of their sum. The search ends
    after so many nodes.
    """
    if not len(pool.bin_types):
        return Choice(None, final=bool(counts.any()))
    model = _model()
    model.setOptionValue("presolve", "on")
    model.setOptionValue("mip_detect_symmetry", False)
    model.setOptionValue("mip_rel_gap", 0.0)
    model.setOptionValue("mip_abs_gap", 0.5)  # costs are whole numbers
    model.setOptionValue("time_limit", clock.left)
    if nodes is not None:
        model.setOptionValue("mip_max_nodes", nodes)
    _add_rows(model, counts, _limits(stocks))
    prices = np.zeros(len(pool.bin_types))
    if goal is not None:
        prices += goal[pool.bin_types]
    _add_columns(model, pool.patterns, pool.bin_types, prices)
    every = np.arange(len(pool.bin_types), dtype=np.int32)
    for costs, most in limits:
        model.addRow(
            -_INFINITY, float(most), len(every), every, costs[pool.bin_types].astype(np.float64)
        )
    whole = np.full(len(every), highspy.HighsVarType.kInteger.value, dtype=np.uint8)
    model.changeColsIntegrality(len(every), every, whole)
    model.run()
    status = model.getModelStatus()
    if status == highspy.HighsModelStatus.kOptimal:
        amounts = np.rint(np.array(model.getSolution().col_value)).astype(np.int64)
        return Choice(amounts, final=True)
    return Choice(None, status == highspy.HighsModelStatus.kInfeasible)


def _limits(stocks: Sequence[int | None]) -> Floats:
    return np.array([_INFINITY if stock is None else stock for stock in stocks], dtype=np.float64)


def _model() -> highspy.Highs:
    model = _Quiet()
    model.setOptionValue("presolve", "off")
    model.setOptionValue("threads", 1)
    model.setOptionValue("random_seed", 0)
    return model


def _add_rows(model: highspy.Highs, counts: Ints, limits: Floats) -> None:
    """A row for each size, which is to be covered, and one for each type, with its stock."""
    lower = np.concatenate((counts, np.full(len(limits), -_INFINITY)))
    upper = np.concatenate((np.full(len(counts), _INFINITY), limits))
    none = np.zeros(0)
    starts = np.zeros(len(lower), dtype=np.int32)
    model.addRows(len(lower), lower, upper, 0, starts, none.astype(np.int32), none)


def _add_columns(model: highspy.Highs, patterns: Ints, bin_types: Ints, costs: Floats) -> None:
    """A column for each pattern: its sizes, and a one in its type's row; no type (-1), no one."""
    lines, columns = np.nonzero(patterns)
    real = np.flatnonzero(bin_types >= 0)
    indices = np.concatenate((columns, patterns.shape[1] + bin_types[real]))
    values = np.concatenate((patterns[lines, columns], np.ones(len(real))))
    order = np.argsort(np.concatenate((lines, real)), kind="stable")
    lengths = np.bincount(lines, minlength=len(bin_types)) + (bin_types >= 0)
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    model.addCols(
        len(bin_types),
        costs,
        np.zeros(len(bin_types)),
        np.full(len(bin_types), _INFINITY),
        len(indices),
        starts.astype(np.int32),
        indices[order].astype(np.int32),
        values[order].astype(np.float64),
    )
