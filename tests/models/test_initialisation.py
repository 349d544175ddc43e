"""Every parameter of every form starts with the authors' distribution."""

import math
import re
from collections.abc import Callable, Iterator

import pytest
import torch
from oracle import FORMS, Form
from torch import Tensor, nn
from torch.nn.init import _calculate_fan_in_and_fan_out as fans

from dcanet.models import create

Scale = Callable[[Tensor], float]

# rule -> mean, scale (of the weight of the parameter's layer), distribution of (value - mean) / scale
RANDOM: dict[str, tuple[float, Scale, str]] = {
    "normal(0, 0.01)": (0.0, lambda weight: 0.01, "normal"),
    "normal(mean 0.01, std 1)": (0.01, lambda weight: 1.0, "normal"),
    "normal(0, sqrt(2/fan_in))": (0.0, lambda weight: math.sqrt(2 / fans(weight)[0]), "normal"),
    "normal(0, sqrt(2/fan_out))": (0.0, lambda weight: math.sqrt(2 / fans(weight)[1]), "normal"),
    "uniform(-a, a), a = 1/sqrt(fan_in) (framework default)": (
        0.0,
        lambda weight: 1 / math.sqrt(fans(weight)[0]),
        "uniform",
    ),
}
CONSTANT = {"constant 0": 0.0, "constant 1": 1.0}


def layer_type(model: nn.Module, name: str) -> str:
    """`Conv2d` for the weight of a convolution, `parameter` for one that is in no layer of the framework."""
    owner = model.get_submodule(name.rpartition(".")[0])
    if isinstance(owner, nn.Conv2d):
        return "Conv2d"
    return type(owner).__name__ if type(owner).__module__.startswith("torch.") else "parameter"


def parameters_of(model: nn.Module, form: Form, description: str) -> list[str]:
    """Names of the parameters described by, say, "layer#.#.conv1.weight (Conv2d)"."""
    pattern, kind = description.removesuffix(")").split(" (")
    expression = re.compile(re.escape(pattern).replace(r"\#", r"\d+"))
    names = [form.ours(key) for key in form.parameter_keys if expression.fullmatch(key)]
    return [name for name in names if layer_type(model, name) == kind]


def standardised(model: nn.Module, names: list[str], mean: float, scale: Scale) -> Tensor:
    def values() -> Iterator[Tensor]:
        for name in names:
            weight = model.get_submodule(name.rpartition(".")[0]).weight
            yield (model.get_parameter(name).detach().double().flatten() - mean) / scale(weight)

    return torch.cat(list(values()))


def check_distribution(values: Tensor, distribution: str) -> None:
    """Mean and variance within 5 standard errors; the shape by Kolmogorov and Smirnov, p about 1e-6."""
    variance, kurtosis = {"normal": (1.0, 3.0), "uniform": (1 / 3, 9 / 5)}[distribution]
    n = len(values)
    assert abs(values.mean()) < 5 * math.sqrt(variance / n)
    assert abs(values.square().mean() / variance - 1) < 5 * math.sqrt((kurtosis - 1) / n)

    values = values[:50_000].sort().values
    below = torch.special.ndtr(values) if distribution == "normal" else (values.clamp(-1, 1) + 1) / 2
    observed = (torch.arange(len(values)) + 0.5) / len(values)
    assert (below - observed).abs().max() < 2.7 / math.sqrt(len(values))


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_every_parameter_starts_as_the_authors_do(form):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = form.build()
    checked = []
    for rule, descriptions in form.facts["initialisation"].items():
        for description in descriptions:
            names = parameters_of(model, form, description)
            assert names, f"no parameter is {description}"
            if rule in CONSTANT:
                assert all((model.get_parameter(name) == CONSTANT[rule]).all() for name in names), description
            else:
                mean, scale, distribution = RANDOM[rule]
                check_distribution(standardised(model, names, mean, scale), distribution)
            checked += names
    assert sorted(checked) == sorted(name for name, _ in model.named_parameters())


def test_check_notices_a_wrong_mean_and_a_wrong_shape():
    generator = torch.Generator().manual_seed(0)
    normal = torch.randn(1_280_000, generator=generator, dtype=torch.double)
    check_distribution(normal, "normal")
    with pytest.raises(AssertionError):
        check_distribution(normal + 0.01, "normal")
    with pytest.raises(AssertionError):
        check_distribution(normal / math.sqrt(3), "uniform")


def test_same_seed_same_weights():
    def seeded() -> dict[str, Tensor]:
        with torch.random.fork_rng():
            torch.manual_seed(3)
            return create("dca_se_mnasnet1_0").state_dict()

    first, second = seeded(), seeded()
    assert all(torch.equal(first[key], second[key]) for key in first)
