"""Weight files rebuild their model, and everything that is not a whole one of this project is named."""

import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from dcanet.errors import UserError
from dcanet.models import create, names
from dcanet.weights.store import load_model, read_metadata, save_model
from dcanet.weights.tensorfile import write_tensors


@pytest.fixture
def stored(tmp_path):
    path = tmp_path / "train" / "model.safetensors"
    save_model(create("dca_se_mobilenet_v2", 10), path, {"source": "trained", "notes": {"epoch": 3}})
    return path


def rewritten(path, change):
    """The same tensors with other metadata."""
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    save_file(load_file(path), path, change(metadata))
    return path


@pytest.mark.parametrize("name", [name for name in names() if "mobilenet" in name or "mnas" in name])
def test_round_trip(tmp_path, name):
    path = tmp_path / "model.safetensors"
    model = create(name, 10)
    with torch.no_grad():
        for value in model.state_dict().values():
            value.add_(1)
    save_model(model, path, {"source": "trained"})
    again = load_model(path)
    assert (again.model_name, again.model_options) == (name, model.model_options)
    state = again.state_dict()
    assert all(torch.equal(state[key], value) for key, value in model.state_dict().items())
    assert all(value.requires_grad for value in again.parameters())
    assert not any(value.is_meta for value in state.values())


@pytest.mark.parametrize("options", [{"matching": "one_layer"}, {"reduction": 16}])
def test_options_are_kept(tmp_path, options):
    path = tmp_path / "model.safetensors"
    model = create("dca_se_mnasnet1_0", 10, **options)
    save_model(model, path, {"source": "trained"})
    assert load_model(path).model_options == model.model_options


def test_metadata(stored):
    metadata = read_metadata(stored)
    assert metadata.model == "dca_se_mobilenet_v2"
    assert (metadata.num_classes, metadata.source, metadata.notes) == (10, "trained", {"epoch": 3})
    assert metadata.source_sha256 is metadata.conversion_version is None


def test_same_model_same_bytes(stored, tmp_path):
    before = stored.read_bytes()
    save_model(load_model(stored), tmp_path / "again", {"source": "trained", "notes": {"epoch": 3}})
    assert (tmp_path / "again").read_bytes() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: {}, "no metadata of this project"),
        (lambda m: m | {"schema_version": "2"}, "schema_version"),
        (lambda m: m | {"model": json.dumps("vgg16")}, "unknown model 'vgg16'"),
        (lambda m: m | {"model": json.dumps("se_mobilenet_v2")}, "does not hold a se_mobilenet_v2"),
        (lambda m: m | {"options": json.dumps({"reduction": 4})}, "does not hold a dca_se_mobilenet_v2"),
        (lambda m: m | {"options": json.dumps({"depth": 4})}, "no option 'depth'"),
        (lambda m: m | {"num_classes": "1000"}, "size mismatch"),
        (lambda m: m | {"num_classes": "many"}, "Expecting value"),
        (lambda m: m | {"flavour": "1"}, "flavour"),
        (lambda m: {key: m[key] for key in m if key != "source"}, "source: Field required"),
    ],
)
def test_foreign_metadata(stored, change, message):
    rewritten(stored, change)
    with pytest.raises(UserError, match=message) as caught:
        load_model(stored)
    assert str(caught.value).startswith(f"{stored}: ")
    assert "\n" not in str(caught.value)


def test_foreign_keys(stored):
    tensors = load_file(stored)
    with safe_open(stored, "pt") as file:
        metadata = file.metadata()
    tensors["head.extra"] = tensors.pop("head.bias")
    save_file(tensors, stored, metadata)
    with pytest.raises(UserError, match=r"head\.bias.*head\.extra"):
        load_model(stored)


@pytest.mark.parametrize("share", [0, 0.001, 0.5, 0.999])
def test_truncated(stored, share):
    content = stored.read_bytes()
    stored.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(UserError, match="not a whole safetensors file"):
        load_model(stored)


def test_missing(tmp_path):
    with pytest.raises(UserError, match="not a whole safetensors file"):
        read_metadata(tmp_path / "none.safetensors")


def test_failure_leaves_the_old_file(stored):
    before = stored.read_bytes()

    def break_down(key):
        raise UserError("enough")

    with pytest.raises(UserError, match="enough"):
        write_tensors(stored, {"a": torch.ones(2)}, break_down, {})
    assert stored.read_bytes() == before
    assert [path.name for path in stored.parent.iterdir()] == [stored.name]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16, torch.int64])
def test_the_library_reads_what_is_written(tmp_path, dtype):
    path = tmp_path / "a.safetensors"
    tensors = {
        "scalar": torch.tensor(3, dtype=dtype),
        "turned": torch.arange(6).reshape(2, 3).to(dtype).T,
        "empty": torch.empty(0, 4, dtype=dtype),
        "ä": torch.ones(5, dtype=dtype),
    }
    write_tensors(path, tensors, tensors.__getitem__, {"note": "x"})
    read = load_file(path)
    assert all(torch.equal(read[key], value) for key, value in tensors.items())


@pytest.mark.parametrize("text", ["[" * 5000, "9" * 5000])
def test_metadata_that_cannot_be_read(stored, text):
    with pytest.raises(UserError, match="delete the file to have it made again"):
        read_metadata(rewritten(stored, lambda metadata: metadata | {"options": text}))
