"""The paper's ablations are planned as they are shipped, each baseline trained once."""

import pytest
from working_copy import ROOT, planned, working_copy

pytestmark = pytest.mark.e2e

#: Networks, and pairs of them.
ABLATIONS = {"depth": (8, 4), "matching": (3, 2), "merge": (3, 2), "scope": (3, 2)}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return working_copy(tmp_path_factory.mktemp("ablations") / "copy")


def test_all_of_them_are_tried():
    assert {f"ablation_{name}.yaml" for name in ABLATIONS} == {
        path.name for path in (ROOT / "config").glob("ablation_*.yaml")
    }


@pytest.mark.parametrize(("name", "numbers"), ABLATIONS.items(), ids=ABLATIONS)
def test_an_ablation_is_planned(copy, name, numbers):
    plan = planned(copy, "--configfile", f"config/ablation_{name}.yaml")
    networks, pairs = numbers
    assert (plan["train"], plan["evaluate"], plan["throughput"]) == (networks, networks, pairs)
