"""What Table 1 says about connecting attention, in three sentences with numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median

from ..comparison_documents import PairComparison, Pooled, TableStatistics
from .formatting import signed, with_interval
from .reading import NOT_RUN
from .table import Content, Missing, Table, Value


@dataclass(frozen=True)
class Sentence:
    """One part of the answer, and what it is about."""

    about: str
    text: str


def answer(table: Table, statistics: TableStatistics | Missing = NOT_RUN) -> list[Sentence]:
    """Our accuracies, what they cost, and the paper's accuracies."""
    pairs = [cell for _, cell in table.under("delta", "top1") if cell.applies]
    paper = _numbers(cell.paper for cell in pairs)
    return [
        Sentence("Accuracy", _accuracy(table, _numbers(cell.ours for cell in pairs), len(pairs), statistics)),
        Sentence("Cost", _cost(table)),
        Sentence(
            "In the paper",
            f"The paper, on {table.paper_on}, prints a higher top-1 in {_share(paper, len(paper))}, by "
            f"{signed(mean(paper), 2)} points in the mean."
            if paper
            else "The paper prints no pair of these networks.",
        ),
    ]


def _accuracy(table: Table, ours: Sequence[float], total: int, statistics: TableStatistics | Missing) -> str:
    if not ours:
        return "No pair has been evaluated on both sides yet, so there is nothing to compare so far."
    compared = [] if isinstance(statistics, Missing) else list(statistics.pairs.values())
    tested = [pair for pair in compared if isinstance(pair, PairComparison)]
    certainty = _tested(tested) if tested else _untested(table)
    return (
        f"Measured on {table.ours_on}, the connected network has the higher top-1 accuracy in "
        f"{_share(ours, total)}: the mean difference is {_mean(ours, statistics)} points (in single "
        f"pairs from {signed(min(ours), 2)} to {signed(max(ours), 2)}), {certainty}"
    )


def _mean(ours: Sequence[float], statistics: TableStatistics | Missing) -> str:
    """With its interval, where that is of these very pairs."""
    pooled = None if isinstance(statistics, Missing) else statistics.pooled
    if isinstance(statistics, Missing) or not isinstance(pooled, Pooled) or pooled.pairs != len(ours):
        return signed(mean(ours), 2)
    return with_interval(pooled.gain)


def _tested(pairs: Sequence[PairComparison]) -> str:
    """How many differences are more than noise, and of what."""
    better, worse = (sum(pair.verdict == word for pair in pairs) for word in ("better", "worse"))
    over = "trainings and images" if all(pair.split for pair in pairs) else "the images of single trainings"
    are = "differences are" if len(pairs) > 1 else "difference is"
    return (
        f"and over {over} {better + worse} of {len(pairs)} {are} distinguishable from noise: {better} "
        f"better, {worse} worse."
    )


def _untested(table: Table) -> str:
    values = [
        cell.ours
        for group in ("baseline", "dca")
        for _, cell in table.under(group, "top1")
        if isinstance(cell.ours, Value)
    ]
    runs = "a single run" if all(len(value.seeds) < 2 for value in values) else "a few runs"
    return f"untested and of {runs} each, so a single pair's difference may be chance."


def _share(differences: Sequence[float], total: int) -> str:
    better, equal = sum(d > 0 for d in differences), sum(d == 0 for d in differences)
    measured = (
        f"{len(differences)} pairs"
        if len(differences) == total
        else (f"{len(differences)} measured pairs ({total} in all)")
    )
    return f"{better} of {measured}" + (f" and the same in {equal}" if equal else "")


def _cost(table: Table) -> str:
    parameters = _numbers(cell.ours for _, cell in table.under("delta", "params"))
    overheads = _numbers(cell.ours for _, cell in table.under("delta", "overhead"))
    prices = []
    if parameters:
        prices.append(f"parameters by {signed(median(parameters) / 10**6, 2)} M")
    if overheads:
        device = next(c.device for g, c in table.columns if c.metric.key == "overhead")
        prices.append(f"the time per image by {signed(median(overheads), 1)} % on {device}")
    if not prices:
        return "What the connection costs has not been measured on any pair yet."
    return f"In the median pair the connection changes {' and '.join(prices)}."


def _numbers(contents: Iterable[Content]) -> list[float]:
    return [content.number for content in contents if isinstance(content, Value)]
