"""Learning rates over a training, per iteration."""

import math

import torch
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR

from .recipe import Cosine, OneCycle, Steps


def build_schedule(
    optimizer: torch.optim.Optimizer,
    schedule: OneCycle | Steps | Cosine,
    steps_per_epoch: int,
    total_steps: int,
) -> LRScheduler:
    """A scheduler to be stepped after every optimiser step; the optimiser's own rate is the highest one."""
    if isinstance(schedule, OneCycle):
        return OneCycleLR(
            optimizer,
            [group["lr"] for group in optimizer.param_groups],
            total_steps=total_steps,
            cycle_momentum=False,  # the recipe's momentum is what it says
            # It takes two steps to rise and two to fall.
            pct_start=max(schedule.warmup, 2 / total_steps),
        )
    if isinstance(schedule, Steps):
        return LambdaLR(optimizer, lambda step: steps_factor(schedule, step, steps_per_epoch))
    return LambdaLR(optimizer, lambda step: cosine_factor(schedule, step, steps_per_epoch, total_steps))


def steps_factor(schedule: Steps, step: int, steps_per_epoch: int) -> float:
    """Share of the learning rate at a step (from 0): constant within an epoch, but for the warm-up."""
    epoch = step // steps_per_epoch
    factor = schedule.factor ** sum(epoch >= milestone for milestone in schedule.milestones)
    if step < schedule.warmup_iterations:
        left = 1 - step / schedule.warmup_iterations
        factor *= 1 - left * (1 - schedule.warmup_from)
    return factor


def cosine_factor(schedule: Cosine, step: int, steps_per_epoch: int, total_steps: int) -> float:
    """Share of the learning rate at a step (from 0), counted by its end as the authors do."""
    now, warmup = (step + 1) / steps_per_epoch, schedule.warmup_epochs
    if step / steps_per_epoch < warmup:
        return min(1.0, now / warmup)
    end = total_steps / steps_per_epoch
    return (1 + math.cos(math.pi * min(1.0, (now - warmup) / (end - warmup)))) / 2
