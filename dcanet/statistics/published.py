"""What printed gains could be worth, where nothing but two accuracies and the number of images is known."""

from ..comparison_documents import Estimate, PublishedClaim
from ..errors import UserError
from .paired import tango
from .proportions import discordance_range, discordant_counts, newcombe


def published_claim(
    baseline_percent: float,
    other_percent: float,
    images: int,
    discordance: float | None = None,
    alpha: float = 0.05,
) -> PublishedClaim:
    """Intervals of a printed gain, unpaired and paired, and what it takes for it not to be noise.

    Both networks saw the same images, so the unpaired interval is too wide; how much too wide depends on the
    share D of images that just one of them has right, which is not printed. The paired variance is
    (D - d^2) / n for a difference d: the paired intervals are for the least and the greatest D that the
    accuracies allow (`discordance_range`), and for the D that is assumed, where one is given. McNemar's test
    rejects while D < n d^2 / z^2, the `discordance_limit`.

    Printed accuracies are rounded; to 0.01 %, a gain is known to within 0.01 points.

    Args:
        discordance: share of images, 0 to 1, that is assumed.

    Raises:
        UserError: accuracies beyond 0 to 100, or a discordance that they do not allow.
    """
    from scipy.special import ndtri

    if not (0 <= baseline_percent <= 100 and 0 <= other_percent <= 100 and images >= 1):
        raise UserError(
            f"a published claim has accuracies of {baseline_percent} and {other_percent} % of {images} "
            "images; expected 0 to 100 % of at least one"
        )
    baseline, other = baseline_percent / 100, other_percent / 100
    difference = other - baseline
    least, greatest = discordance_range(baseline, other)
    if discordance is not None and not least - 1e-12 <= discordance <= greatest + 1e-12:
        raise UserError(
            f"discordance {discordance:g}: accuracies of {baseline_percent} and {other_percent} % allow "
            f"{least:.4f} to {greatest:.4f}"
        )

    def percent(ends: tuple[float, float]) -> Estimate:
        return Estimate(value=100 * difference, low=100 * float(ends[0]), high=100 * float(ends[1]))

    def paired(assumed: float) -> Estimate:
        return percent(tango(*discordant_counts(difference, assumed, images), images, alpha))

    return PublishedClaim(
        images=images,
        unpaired=percent(newcombe(baseline, other, images, alpha)),
        best=paired(least),
        worst=paired(greatest),
        assumed=None if discordance is None else paired(discordance),
        assumed_discordance=discordance,
        discordance_limit=min(1.0, images * difference**2 / ndtri(1 - alpha / 2) ** 2),
    )
