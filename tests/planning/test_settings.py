"""Configs as a plan reads them."""

from pathlib import Path

import pytest

from dcanet.config_sections import CocoData, FolderData
from dcanet.errors import UserError
from dcanet.planning.settings import read_settings

PAPER = Path("config/paper.yaml")


def test_data_need_not_be_there(project: Path) -> None:
    config = read_settings(Path("config/paper_coco.yaml"))
    assert isinstance(config.data, FolderData)
    assert config.data.path == "data/imagenet"
    assert config.detection
    assert isinstance(config.detection.data, CocoData)
    assert config.detection.data.path == "data/coco"


def test_a_file_in_the_place_of_data_is_a_mistake(project: Path) -> None:
    Path("data").mkdir()
    Path("data/imagenet").write_text("")
    with pytest.raises(UserError, match=r"data\.path: no folder 'data/imagenet'"):
        read_settings(PAPER)


def test_changes(project: Path) -> None:
    config = read_settings(
        PAPER,
        ["training.processes=1", "options.se_resnet50.reduction=8", "seeds=[1, 2]", "weights=published"],
    )
    assert config.training.processes == 1
    assert config.training.workers == 8
    assert config.options == {"se_resnet50": {"reduction": 8}}
    assert config.seeds == [1, 2]
    assert config.source_of("resnet50") == "published"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("training", "--set 'training': expected KEY=VALUE"),
        ("=3", "--set '=3': expected KEY=VALUE"),
        ("experiment.name=x", "experiment has no keys below it"),
        ("seeds=[1", "--set 'seeds=[1': not valid YAML"),
        ("pears=all", "unknown key 'pears'; did you mean 'pairs'?"),
        ("training.threads=0", "config/paper.yaml: training.threads"),
        ("recipes.resnet50=no.yaml", ""),
    ],
)
def test_mistakes(project: Path, change: str, message: str) -> None:
    if not message:
        # Recipes are read by those who plan with them.
        assert read_settings(PAPER, [change]).recipes["resnet50"] == "no.yaml"
        return
    with pytest.raises(UserError) as told:
        read_settings(PAPER, [change])
    assert message in str(told.value)
    assert "\n" not in str(told.value)
