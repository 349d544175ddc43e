"""Simulated trainings of a detector and its baseline: one category, found or missed image by image.

Objects and clutter are easy or hard for all, then for each training by itself. A training's skill moves the
scores of what is right and how much of it is found, and varies from seed to seed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcanet.evaluation.box_matches import CategoryMatches
from dcanet.evaluation.weighted_ap import WeightedAp

#: Objects and wrong boxes in an image, in the mean.
OBJECTS, CLUTTER = 1.5, 1.0
#: Skill of the baseline and of what is held against it.
SKILLS = (0.5, 0.6)
#: Points of AP that one unit of skill makes, near these.
POINTS_OF_SKILL = 44
#: Share of the variance of ease that all trainings have in common, of the same image and of the same object.
OF_IMAGE, OF_OBJECT = 0.2, 0.5


@dataclass(frozen=True)
class Scene:
    """What is in the images: ease for all, and in which image each thing is."""

    objects: NDArray[np.intp]
    object_ease: NDArray[np.float64]
    clutter: NDArray[np.intp]
    clutter_ease: NDArray[np.float64]
    images: int

    @classmethod
    def drawn(cls, random: np.random.Generator, images: int) -> "Scene":
        of_image = np.sqrt(OF_IMAGE) * random.normal(size=images)
        objects = np.repeat(np.arange(images), random.poisson(OBJECTS, images))
        clutter = np.repeat(np.arange(images), random.poisson(CLUTTER, images))
        own = np.sqrt(OF_OBJECT)
        return cls(
            objects,
            of_image[objects] + own * random.normal(size=len(objects)),
            clutter,
            own * random.normal(size=len(clutter)) - of_image[clutter],
            images,
        )

    def matches(self, random: np.random.Generator, skill: float) -> CategoryMatches:
        """What a training of this skill finds."""
        own = np.sqrt(1 - OF_IMAGE - OF_OBJECT)
        ease = self.object_ease + own * random.normal(size=len(self.objects)) + skill
        seen = ease > 0
        right = np.ones(np.count_nonzero(seen), dtype=bool)
        wrong_scores = self.clutter_ease + own * random.normal(size=len(self.clutter))
        scores = np.concatenate([ease[seen], wrong_scores])
        order = np.argsort(-scores)
        hits = np.concatenate([right, np.zeros(len(wrong_scores), dtype=bool)])[order]
        return CategoryMatches(
            images=np.concatenate([self.objects[seen], self.clutter])[order],
            scores=scores[order],
            hits=hits[None],
            ignored=np.zeros((1, len(hits)), dtype=bool),
            objects=np.bincount(self.objects, minlength=self.images),
        )


def trainings(
    random: np.random.Generator, weights: NDArray[np.float64], seeds: int, spread: float
) -> NDArray[np.float64]:
    """(2, seeds, 1 + B) AP in percent on new images, all of them and resampled.

    Args:
        weights: (images, 1 + B) as `image_weights` draws them.
        spread: standard deviation of the skill from seed to seed.
    """
    scene = Scene.drawn(random, len(weights))
    most = int(weights.max())
    return np.array(
        [
            [
                100 * WeightedAp(scene.matches(random, skill + spread * random.normal()), most)(weights)[0]
                for _ in range(seeds)
            ]
            for skill in SKILLS
        ]
    )
