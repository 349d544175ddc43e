"""Several trainings: how far a mean over seeds and images is from what other seeds and images would give."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class CrossedMean:
    """The mean of a quantity over S trainings, all tested on the same n images, and its variance's parts.

    Every training's mean differs from the next one's by the training itself and by chance on the images;
    their spread estimates `between` with S - 1 degrees of freedom. What it cannot see, since all have the
    same images, is that these suit the networks well or badly: that part is `shared`.
    """

    value: float
    seeds: int
    between: float
    """Variance of the mean, from the spread of the trainings' means; 0 for one training."""
    shared: float
    """Variance of the mean that the trainings' spread does not show, from the images that they share."""
    noise: float
    """The part of `between` that is chance on the images, not the training."""

    @property
    def variance(self) -> float:
        return self.between + self.shared

    @property
    def seed_variance(self) -> float:
        """Due to the trainings alone."""
        return max(0.0, self.between - self.noise)

    @property
    def sampling_variance(self) -> float:
        """Due to the images alone."""
        return self.shared + self.noise

    def half_width(self, alpha: float = 0.05) -> float:
        """Of the interval at 1 - alpha.

        The quantile is the mean of Student's, for the trainings, and the normal one, for the images, weighted
        by the variances that they are of: exact where either is 0, and rather too wide between (Cochran and
        Cox, "Experimental Designs", 1957, on unequal variances).
        """
        from scipy.special import ndtri, stdtrit

        weighted = -ndtri(alpha / 2) * self.shared
        if self.between:
            weighted -= stdtrit(self.seeds - 1, alpha / 2) * self.between
        return float(weighted / np.sqrt(self.variance)) if self.variance else 0.0

    def interval(self, alpha: float = 0.05) -> tuple[float, float]:
        half = self.half_width(alpha)
        return self.value - half, self.value + half

    @property
    def p_value(self) -> float:
        """That the mean is 0: the alpha at which the interval just reaches it; 0 below 1e-100."""
        from scipy.optimize import brentq

        if self.value == 0 or self.variance == 0:
            return 1.0 if self.value == 0 else 0.0
        smallest = 1e-100
        if self.half_width(smallest) <= abs(self.value):
            return 0.0
        exponent = brentq(
            lambda e: self.half_width(float(np.exp(e))) - abs(self.value), np.log(smallest), 0.0, xtol=1e-12
        )
        return float(np.exp(exponent))


def crossed_mean(values: NDArray[Any]) -> CrossedMean:
    """From (S, n) values of S trainings on n > 1 images, the same in every row.

    The two-way random-effects model without replication: value = mean + seed + image + rest. Its mean squares
    are estimated without bias, a negative part is taken as 0.

    Source: Searle, Casella and McCulloch, "Variance Components" (1992), chapter 4.
    """
    seeds, images = values.shape
    by_seed = values.mean(axis=1, dtype=np.float64)
    by_image = values.mean(axis=0, dtype=np.float64)
    mean = float(by_seed.mean())
    over_images = float(by_image.var(ddof=1)) / images
    if seeds == 1:
        return CrossedMean(mean, 1, between=0.0, shared=over_images, noise=0.0)
    between = float(by_seed.var(ddof=1)) / seeds
    squares = float(np.square(values, dtype=np.float64).sum()) - seeds * images * mean**2
    rest = squares - images * np.square(by_seed - mean).sum() - seeds * np.square(by_image - mean).sum()
    noise = max(0.0, float(rest)) / ((seeds - 1) * (images - 1)) / (seeds * images)
    return CrossedMean(mean, seeds, between, max(0.0, over_images - noise), noise)


def crossed_bootstrap(values: NDArray[Any], resampled: NDArray[Any]) -> CrossedMean:
    """Of a quantity that is no mean over images, as AP: its image part is from the bootstrap.

    The model is the same, value_s = mean + seed_s + image + rest_s: `image` is what the images do to all
    trainings, rest_s what they do to one. On the same resamples of the images the trainings' values have a
    covariance C, whose mean is var(image) off its diagonal and var(image) + var(rest) on it. So the variance
    of the resamples' mean over trainings, 1'C1 / S^2, is var(image) + var(rest) / S, the error due to the
    images; and the trainings' variance about that mean, (tr C - 1'C1 / S) / (S - 1), is var(rest). The spread
    of the trainings on the images themselves, var(seed) + var(rest) in the mean, is, over S, `between`;
    var(rest) / S of it is `noise`, and the rest of the images' error is `shared`. Of a mean over images these
    are the parts of `crossed_mean`, since resampled means have the images' covariance over n.

    Args:
        values: (S,) of each training, on all images.
        resampled: (S, B) on the same B > 1 resamples; their level, which resampling biases, does not matter.
    """
    seeds = len(values)
    mean = float(values.mean())
    over_images = float(resampled.mean(axis=0).var(ddof=1))
    if seeds == 1:
        return CrossedMean(mean, 1, between=0.0, shared=over_images, noise=0.0)
    rest = float(resampled.var(axis=1, ddof=1).sum()) - seeds * over_images
    noise = max(0.0, rest) / (seeds - 1) / seeds
    between = float(values.var(ddof=1)) / seeds
    return CrossedMean(mean, seeds, between, max(0.0, over_images - noise), noise)


def crossed_difference(signs: NDArray[Any]) -> CrossedMean:
    """As `crossed_mean`, of (S, n) differences of right and wrong: 1 gained, -1 lost.

    The mean is shrunk by n / (n + 2), and the interval is about that: an image that one training gains and
    one that it loses are added, so that few discordant images, all of one kind, are not taken for certainty.

    Source: the adjustment of Bonett and Price, "Adjusted Wald confidence interval for a difference of
        binomial proportions based on paired data" (2012).
    """
    # Every training's share in the two images, so that these say nothing of how trainings differ.
    added = np.broadcast_to(np.array([1, -1]) / len(signs), (len(signs), 2))
    return crossed_mean(np.concatenate([signs, added], axis=1))
