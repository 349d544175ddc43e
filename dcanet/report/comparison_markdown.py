"""Two runs, commits or machines against each other, as GitHub Markdown."""

from collections.abc import Iterator, Sequence

from ..comparison_documents import (
    ApComparison,
    ExtraTestSet,
    ModelStatistics,
    NotCompared,
    PairComparison,
    Pooled,
    TableStatistics,
)
from ..documents import Metrics, Provenance
from ..errors import UserError
from ..statistics.folders import Evaluations
from ..statistics.verdict import SIGNS
from ..statistics.versus import Versus
from .as_markdown import bullets, escape, line
from .formatting import p_text, with_interval
from .wording import method, pooled_sentence

#: How many of the images that flipped are named.
NAMED_IMAGES = 5
DETECTION = ("ap", "ap50", "ap75")


def comparison_markdown(found: Versus, a: Evaluations, b: Evaluations) -> str:
    """Verdicts, other numbers, what differs in how the results were made, and which images flipped."""
    statistics = found.statistics
    pairs = {name: pair for name, pair in statistics.pairs.items() if isinstance(pair, PairComparison)}
    parts = [f"# {escape(str(b.root))} (B) against {escape(str(a.root))} (A)", method(statistics)]
    if pairs:
        parts += ["## Top-1", _accuracies(pairs, statistics)]
        if isinstance(statistics.pooled, Pooled) and statistics.pooled.pairs > 1:
            parts.append(pooled_sentence(statistics.pooled))
        parts += ["## Other numbers, B − A", _others(pairs)]
    if statistics.tests:
        parts += ["## Extra test sets, top-1, B − A", _tests(statistics.tests)]
    if statistics.detectors:
        parts += ["## Detectors, B − A in points of AP", _detectors(statistics.detectors)]
    alone = [(side, names) for side, names in (("A", found.only_a), ("B", found.only_b)) if names]
    if alone:
        parts.append(bullets(f"only in {side}: {', '.join(names)}" for side, names in alone).rstrip())
    parts += ["## How they were made", _origins(a, b)]
    if len(pairs) == 1:
        parts += list(_flips(next(iter(pairs.values())), statistics.alpha))
    return "\n\n".join(parts) + "\n"


def _accuracies(pairs: dict[str, PairComparison], statistics: TableStatistics) -> str:
    header = ["network", "images", "A, %", "B, %", "B − A, points", "gained / lost", "p", "adjusted p"]
    rows = [
        [
            escape(name),
            f"{pair.images:,}",
            _value(statistics, pair.baseline),
            _value(statistics, pair.other),
            with_interval(pair.top1),
            f"{pair.gained:,} / {pair.lost:,}",
            p_text(pair.p_value),
            p_text(pair.p_adjusted),
            f"{SIGNS[pair.verdict]} {pair.verdict}",
            "none" if pair.detectable is None else f"{pair.detectable:.2f}",
        ]
        for name, pair in pairs.items()
    ]
    return _table([*header, "verdict", "detectable"], rows)


def _value(statistics: TableStatistics, model: str) -> str:
    found = statistics.models[model]
    assert isinstance(found, ModelStatistics)
    return f"{found.top1.value:.2f} [{found.top1.low:.2f}, {found.top1.high:.2f}]"


def _others(pairs: dict[str, PairComparison]) -> str:
    rows = [
        [escape(name), with_interval(pair.top5), with_interval(pair.nll, 4), with_interval(pair.ece)]
        for name, pair in pairs.items()
    ]
    return _table(["network", "top-5, points", "NLL, nats", "calibration error, points"], rows)


def _tests(tests: dict[str, ExtraTestSet]) -> str:
    """Adjusted over the networks on one set alone."""
    header = ["test set", "network", "images", "B − A, points", "gained / lost", "p", "adjusted p", "verdict"]
    rows = []
    for test, found in tests.items():
        for name, pair in found.pairs.items():
            if isinstance(pair, NotCompared):
                row = [escape(f"not compared: {pair.reason}"), *[""] * 5]
            else:
                row = [
                    f"{pair.images:,}",
                    with_interval(pair.top1),
                    f"{pair.gained:,} / {pair.lost:,}",
                    p_text(pair.p_value),
                    p_text(pair.p_adjusted),
                    f"{SIGNS[pair.verdict]} {pair.verdict}",
                ]
            rows.append([escape(test), escape(name), *row])
    return _table(header, rows)


def _detectors(detectors: dict[str, ApComparison | NotCompared]) -> str:
    rows = []
    for name, pair in detectors.items():
        if isinstance(pair, NotCompared):
            rows.append([escape(name), escape(f"not compared: {pair.reason}"), "", "", "", ""])
            continue
        rows.append(
            [
                escape(name),
                *(with_interval(pair.numbers[key]) if key in pair.numbers else "" for key in DETECTION),
                p_text(pair.p_adjusted),
                f"{SIGNS[pair.verdict]} {pair.verdict}",
            ]
        )
    return _table(["detector", "AP", "AP50", "AP75", "adjusted p", "verdict"], rows)


def _flips(pair: PairComparison, alpha: float) -> Iterator[str]:
    told = {name: delta for name, delta in pair.per_class.items() if delta.p_adjusted <= alpha}
    if told:
        yield "## Classes that differ by more than noise"
        yield _table(
            ["class", "images", "B − A, points", "adjusted p"],
            [
                [escape(name), f"{delta.images:,}", with_interval(delta.difference), p_text(delta.p_adjusted)]
                for name, delta in told.items()
            ],
        )
    for title, flipped in (("gained", pair.surest_gained), ("lost", pair.surest_lost)):
        if flipped:
            yield f"## Images {title} most surely"
            yield bullets(
                f"{each.image}: class {each.baseline_answer} ({each.baseline_confidence:.2f}), now "
                f"{each.other_answer} ({each.other_confidence:.2f})"
                for each in flipped[:NAMED_IMAGES]
            ).rstrip()


def _origins(a: Evaluations, b: Evaluations) -> str:
    """What the evaluations say of themselves, where the sides differ."""
    facts = [_facts(side) for side in (a, b)]
    differing = [name for name in facts[0] if facts[0][name] != facts[1][name]]
    if not differing:
        return "What both sides say of commit, machine, versions, preprocessing and images is the same."
    rows = [[escape(name), *(escape(_short(side[name])) for side in facts)] for name in differing]
    return _table(["", "A", "B"], rows)


def _facts(side: Evaluations) -> dict[str, set[str]]:
    names = ("commit", "device", "processor", "torch", "numpy", "preprocessing", "images' fingerprint")
    found: dict[str, set[str]] = {name: set() for name in names}
    for folder in side.folders:
        try:
            made = Provenance.load(folder / "provenance.json")
        except UserError:
            found["commit"].add("not known")
        else:
            changed = " and changes" if made.git_dirty else ""
            found["commit"].add((made.git_commit or "not known")[:12] + changed)
            found["device"].add(made.device)
            found["processor"].add(str(made.machine.get("processor", "not known")))
            for package in ("torch", "numpy"):
                found[package].add(made.versions.get(package, "not known"))
    for runs in side.classifiers.values():
        for folder, _ in runs:
            metrics = Metrics.load(folder / "metrics.json")
            found["preprocessing"].add(metrics.preprocessing)
            found["images' fingerprint"].add(metrics.data_fingerprint)
    return found


def _short(values: set[str]) -> str:
    first = sorted(values)[:3]
    return ", ".join(first) + (f" and {len(values) - 3} more" if len(values) > 3 else "")


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    ruler = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(line(row) for row in (header, ruler, *rows))
