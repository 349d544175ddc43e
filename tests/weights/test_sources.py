"""The config's `weights:` values, checked with clear messages, and the files they stand for."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from dcanet.errors import UserError
from dcanet.sheets import read_detectors, read_pairs
from dcanet.weights.source_text import parse_source, source_arguments, source_name
from dcanet.weights.sources import Source, log_origin, origin_of

CONFIG = Path(__file__).parents[2] / "config"
ROWS = {
    row.id: row
    for row in [
        *(model for pair in read_pairs(CONFIG / "pairs.tsv") for model in pair.models),
        *read_detectors(CONFIG / "detectors.tsv"),
    ]
}
ROW = ROWS["se_resnet50"]


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    weights: Source


def checked(value) -> Source:
    return Settings.model_validate({"weights": value}).weights


@pytest.mark.parametrize(
    "value",
    [
        "train",
        "published",
        {"published": "model_best (3).pth.tar"},
        {"url": ("https://a.example/x.pth", "drive:1lOXZv0IskrLL"), "sha256": "0676ba61"},
        {"file": Path("weights/mine.pth")},
        {"torchvision": "ResNet50_Weights.IMAGENET1K_V1"},
    ],
)
def test_values_survive_checking(value):
    weights = checked(value)
    dumped = Settings(weights=weights).model_dump(exclude_none=True)["weights"]
    assert dumped == value
    assert checked(weights) == weights


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("publish", "must be train, published"),
        (None, "must be train, published"),
        ({"path": "x"}, "must be train, published"),
        ({"url": "file:///etc/passwd"}, "neither http"),
        ({"url": []}, "at least 1"),
        ({"url": "https://a.example/x", "md5": "1"}, "not permitted"),
        ({"url": "https://a.example/x", "sha256": "XYZ"}, "pattern"),
        ({"torchvision": "resnet50"}, "pattern"),
    ],
)
def test_mistakes_are_named(value, message):
    with pytest.raises(ValidationError) as caught:
        checked(value)
    assert message in str(caught.value)
    assert caught.value.error_count() == 1


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("published", "published (drive:1abc)"),
        ({"published": "model_best (3).pth.tar"}, "published (drive:1abc)"),
        ({"url": ("https://a.example/x.pth", "drive:1lOXZv0IskrLL")}, "https://a.example/x.pth"),
        ({"url": "https://a.example/x.pth", "sha256": "0676ba61"}, "https://a.example/x.pth"),
        ({"file": "weights/mine of today.pth"}, "file weights/mine of today.pth"),
        (
            {"torchvision": "ResNet50_Weights.IMAGENET1K_V1"},
            "torchvision ResNet50_Weights.IMAGENET1K_V1",
        ),
    ],
)
def test_sources_as_text(value, name):
    source = checked(value)
    arguments = source_arguments(source)
    texts = [
        text for option, text in zip(arguments[::2], arguments[1::2], strict=True) if option == "--source"
    ]
    digits = arguments[-1] if "--sha256" in arguments else None
    assert parse_source(texts, digits) == source
    assert source_name(source, "1abc") == name


def test_published_files_of_all_rows():
    assert len(ROWS) == 33
    keys = set()
    for row in ROWS.values():
        for origin in (origin_of(row, "published"), log_origin(row)):
            assert origin.addresses == (origin.key,)
            assert origin.incoming[-1] == origin.key.removeprefix("drive:")
            keys.add(origin.key)
    assert len(keys) == 66


def test_own_name_in_the_drop_folder_comes_first():
    origin = origin_of(ROW, checked({"published": "model_best (3).pth.tar"}))
    names = ["model_best (3).pth.tar", "se_resnet50.pth.tar", "se_resnet50.pth", ROW.model_drive_id]
    assert list(origin.incoming) == names


def test_url_with_mirrors():
    origin = origin_of(ROW, checked({"url": ["https://a.example/my%20model.pth?x=1", "http://b.example/y"]}))
    assert origin.key == "https://a.example/my%20model.pth?x=1"
    assert origin.incoming[-1] == "my model.pth"


@pytest.mark.parametrize(
    ("name", "digits"),
    [
        ("ResNet50_Weights.IMAGENET1K_V1", "0676ba61"),
        ("MobileNet_V2_Weights.IMAGENET1K_V1", "b0353104"),
        ("MNASNet1_0_Weights.IMAGENET1K_V1", "f206786ef8"),
    ],
)
def test_torchvisions_files_of_the_plain_networks(name, digits):
    origin = origin_of(ROW, checked({"torchvision": name}))
    assert origin.addresses[0].startswith("https://download.pytorch.org/models/")
    assert origin.sha256 == digits


def test_what_names_no_file():
    with pytest.raises(UserError, match=r"se_resnet50: `weights: train` names no file"):
        origin_of(ROW, "train")
    with pytest.raises(UserError, match=r"torchvision has no weights 'ResNet50_Weights\.V9'"):
        origin_of(ROW, checked({"torchvision": "ResNet50_Weights.V9"}))
