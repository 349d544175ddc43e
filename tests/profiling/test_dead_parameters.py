"""What of CBAM's spatial gates is trained from the authors' start and from the mended one."""

import pytest
import torch

from dcanet.models import create
from dcanet.profiling.dead_parameters import CLASSES, dead_spatial_parameters, untrained_by_block

JOIN = "connection.merge."
OF_THE_JOIN = {f"{JOIN}{name}" for name in ("current_weight", "previous_weight", "norm.weight", "norm.bias")}


def test_the_authors_start_leaves_one_number_per_block():
    found = dead_spatial_parameters("dca_cbam_resnet50")
    assert (found.blocks, found.dead_blocks) == (16, 15)
    # All but the shift of the gate's last norm.
    assert set(found.parameters) == {"conv.weight", "norm.weight", *OF_THE_JOIN}


def test_the_mended_start_trains_every_parameter_that_is_used():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        first, *others = untrained_by_block(create("dca_cbam_resnet50", CLASSES, spatial_join_init="ones"))
    assert first == OF_THE_JOIN
    assert others == [set()] * 15
    mended = dead_spatial_parameters("dca_cbam_resnet50", spatial_join_init="ones")
    assert (mended.dead_blocks, mended.parameters) == (0, [])
    assert mended.options["spatial_join_init"] == "ones"


@pytest.mark.parametrize("name", ["cbam_resnet50", "dca_cbam_mobilenet_v2", "dca_cbam_mnasnet1_0"])
def test_no_other_network_with_cbam_is_affected(name):
    assert dead_spatial_parameters(name).dead_blocks == 0


def test_mending_changes_one_vector_of_each_block_and_no_draw():
    with torch.random.fork_rng():
        states = []
        for start in ("zeros", "ones"):
            torch.manual_seed(0)
            states.append(create("dca_cbam_resnet50", CLASSES, spatial_join_init=start).state_dict())
    authors, mended = states
    changed = [key for key in authors if not torch.equal(authors[key], mended[key])]
    assert len(changed) == 16
    assert all(key.endswith("attention.spatial.connection.merge.norm.weight") for key in changed)
    assert all((mended[key] == 1).all() for key in changed)


def test_a_network_without_spatial_gates():
    with pytest.raises(ValueError, match="se_mobilenet_v2 has no spatial attention"):
        dead_spatial_parameters("se_mobilenet_v2")
