"""What Table 1 says about connecting attention, in one paragraph."""

from collections.abc import Iterable, Sequence
from statistics import mean, median

from ..comparison_documents import PairComparison, Pooled, TableStatistics
from .formatting import signed, with_interval
from .reading import NOT_RUN
from .table import Content, Missing, Table, Value
from .wording import level


def answer(table: Table, statistics: TableStatistics | Missing = NOT_RUN) -> str:
    """The paragraph: our accuracies and what they cost, then the paper's accuracies."""
    pairs = [cell for _, cell in table.under("delta", "top1") if isinstance(cell.paper, Value)]
    ours = _numbers(cell.ours for cell in pairs)
    paper = _numbers(cell.paper for cell in pairs)
    if not ours:
        found = "No pair has been evaluated on both sides yet, so there is nothing to compare so far."
    else:
        found = (
            f"Measured on {table.ours_on}, the connected network has the higher top-1 accuracy in "
            f"{_share(ours, len(pairs))}; the mean difference is {signed(mean(ours), 2)} points "
            f"(from {signed(min(ours), 2)} to {signed(max(ours), 2)}). {_noise(table, statistics)}"
        )
    price = _price(table)
    published = (
        f" The paper, on {table.paper_on}, prints a higher top-1 in {_share(paper, len(pairs))}, by "
        f"{signed(mean(paper), 2)} points in the mean."
        if paper
        else ""
    )
    return found + price + published


def _share(differences: Sequence[float], total: int) -> str:
    better, equal = sum(d > 0 for d in differences), sum(d == 0 for d in differences)
    measured = (
        f"{len(differences)} pairs"
        if len(differences) == total
        else (f"{len(differences)} measured pairs ({total} in all)")
    )
    return f"{better} of {measured}" + (f" and the same in {equal}" if equal else "")


def _noise(table: Table, statistics: TableStatistics | Missing) -> str:
    """Whether it is more than noise; without a test, that this is not known."""
    compared = [] if isinstance(statistics, Missing) else list(statistics.pairs.values())
    pairs = [pair for pair in compared if isinstance(pair, PairComparison)]
    if isinstance(statistics, Missing) or not pairs:
        return _caution(table)
    better, worse = (sum(pair.verdict == word for pair in pairs) for word in ("better", "worse"))
    found = (
        f"{better + worse} of {len(pairs)} {'differences are' if len(pairs) > 1 else 'difference is'} "
        f"distinguishable from noise: {better} better, {worse} worse"
    )
    if isinstance(statistics.pooled, Pooled):
        mean_of_all = f"the mean is {with_interval(statistics.pooled.gain)} points"
        found = f"{mean_of_all} ({level(statistics)} interval), and {found}"
    trainings = (
        "The test counts both the trainings and the images."
        if all(pair.split for pair in pairs)
        else "Of single trainings nothing is said of another training's outcome."
    )
    return f"Tested on the same images, {found}. {trainings}"


def _caution(table: Table) -> str:
    values = [
        cell.ours
        for group in ("baseline", "dca")
        for _, cell in table.under(group, "top1")
        if isinstance(cell.ours, Value)
    ]
    runs = "a single run" if all(len(value.seeds) < 2 for value in values) else "a few runs"
    return (
        f"Every accuracy rests on {runs} and no difference was tested for significance, so a single pair's "
        "difference may be chance."
    )


def _price(table: Table) -> str:
    parameters = _numbers(cell.ours for _, cell in table.under("delta", "params"))
    overheads = _numbers(cell.ours for _, cell in table.under("delta", "overhead"))
    prices = []
    if parameters:
        prices.append(f"parameters by {signed(median(parameters) / 10**6, 2)} M")
    if overheads:
        device = next(c.device for g, c in table.columns if c.metric.key == "overhead")
        prices.append(f"the time per image by {signed(median(overheads), 1)} % on {device}")
    return f" In the median pair the connection changes {' and '.join(prices)}." if prices else ""


def _numbers(contents: Iterable[Content]) -> list[float]:
    return [content.number for content in contents if isinstance(content, Value)]
