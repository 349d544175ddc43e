"""Training states survive kills and broken files, and are refused to another training."""

import os
import resource
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dcanet.errors import UserError
from dcanet.training.state import StateFolder

KEY = {"seed": 0, "recipe": {"epochs": 2, "optimizer": {"name": "sgd", "learning_rate": 0.1}}}

DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.int64, torch.uint8, torch.bool)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
json_keys = st.dictionaries(
    st.text(),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8")),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc."), inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


@st.composite
def tensors(draw):
    """Any bytes as any type, so not-a-numbers and negative zeros too; sometimes transposed."""
    dtype = draw(st.sampled_from(DTYPES))
    rows, columns = draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))
    size = rows * columns * dtype.itemsize
    content = bytearray(draw(st.binary(min_size=size, max_size=size)))
    if dtype == torch.bool:
        content = bytearray(byte & 1 for byte in content)
    tensor = torch.frombuffer(content, dtype=dtype) if size else torch.empty(0, dtype=dtype)
    tensor = tensor.reshape(rows, columns)
    return tensor.T if draw(st.booleans()) else tensor


payloads = st.dictionaries(
    st.text(),
    st.recursive(
        scalars | tensors(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.tuples(inner, inner)
            | st.dictionaries(st.text() | st.integers(), inner, max_size=3)
        ),
        max_leaves=10,
    ),
    max_size=4,
)


def as_bits(value):
    """Everything about a payload that may differ, comparable with ==."""
    if isinstance(value, torch.Tensor):
        content = value.flatten().view(torch.uint8).numpy().tobytes()
        return value.dtype, value.shape, value.stride(), value.device.type, content
    if isinstance(value, dict):
        return dict, [(key, as_bits(inner)) for key, inner in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value), [as_bits(inner) for inner in value]
    return type(value), value.hex() if isinstance(value, float) else value


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def states(tmp_path):
    return StateFolder(tmp_path / "states", KEY)


@pytest.fixture
def two(states):
    """A folder with the states of steps 1 and 2."""
    for step in (1, 2):
        states.save(step, {"step": step, "tensor": torch.full((1000,), step)})
    return states


@given(payload=payloads)
def test_round_trip(payload, tmp_path_factory):
    states = StateFolder(tmp_path_factory.mktemp("states"), KEY)
    states.save(7, payload)
    step, found = states.load()
    assert step == 7
    assert as_bits(found) == as_bits(payload)
    states.clear()


@given(key=json_keys)
def test_any_key_is_known_again(key, tmp_path_factory):
    folder = tmp_path_factory.mktemp("states")
    StateFolder(folder, key).save(1, {})
    assert StateFolder(folder, key).load() == (1, {})
    StateFolder(folder, key).clear()


def test_a_training_continues_bit_equal(states):
    """Model, optimiser, schedule, scaler and generator, from disk into new objects."""

    def parts(seed):
        torch.manual_seed(seed)
        model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.BatchNorm1d(8))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
        return {"model": model, "optimizer": optimizer, "schedule": schedule}

    def steps(parts):
        for _ in range(3):
            parts["optimizer"].zero_grad()
            parts["model"](torch.randn(4, 8)).square().sum().backward()
            parts["optimizer"].step()
            parts["schedule"].step()

    first = parts(0)
    steps(first)
    payload = {name: part.state_dict() for name, part in first.items()}
    states.save(
        3, payload | {"random": torch.get_rng_state(), "scaler": torch.amp.GradScaler("cpu").state_dict()}
    )
    steps(first)

    second = parts(1)
    _, found = states.load()
    for name, part in second.items():
        part.load_state_dict(found[name])
    torch.set_rng_state(found["random"])
    steps(second)
    assert as_bits(second["model"].state_dict()) == as_bits(first["model"].state_dict())


def test_nothing_there(states):
    assert states.load() is None
    states.clear()


def test_two_states_are_kept_and_strays_removed(states):
    states.save(9, {})
    stray = states.folder / ".state-9.pt.x7f.pt"
    stray.touch()
    (states.folder / "state-8.pt").touch()
    (states.folder / "notes.txt").touch()
    for step in (10, 11, 12):
        states.save(step, {"step": step})
        assert not stray.exists()
    assert names(states.folder) == [
        "notes.txt",
        "state-11.json",
        "state-11.pt",
        "state-12.json",
        "state-12.pt",
    ]
    states.clear()
    assert names(states.folder) == ["notes.txt"]


def test_clear_removes_the_folder(two):
    two.clear()
    assert not two.folder.exists()


def test_saving_a_step_again_replaces_it(two):
    two.save(2, {"again": True})
    assert two.load() == (2, {"again": True})
    assert names(two.folder) == ["state-1.json", "state-1.pt", "state-2.json", "state-2.pt"]


def flip(path, position):
    content = bytearray(path.read_bytes())
    content[position] ^= 0x10
    path.write_bytes(content)


def flip_key(folder):
    path = folder / "state-2.json"
    path.write_text(path.read_text().replace("0.1", "0.3"))


DAMAGE = {
    "flipped bit in a tensor": (lambda folder: flip(folder / "state-2.pt", 2000), "match its checksum"),
    "truncated": (lambda folder: os.truncate(folder / "state-2.pt", 1500), "match its checksum"),
    "tensors gone": (lambda folder: (folder / "state-2.pt").unlink(), "cannot be read (No such file"),
    "flipped bit in the note": (lambda folder: flip(folder / "state-2.json", 0), "state-2.json: file: "),
    "flipped bit in the key": (flip_key, "its checksum does not fit"),
    "empty note": (lambda folder: os.truncate(folder / "state-2.json", 0), "state-2.json: file: "),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_broken_state_is_named_and_the_older_taken(two, damage, capsys):
    apply, reason = DAMAGE[damage]
    apply(two.folder)
    step, payload = two.load()
    assert (step, payload["step"]) == (1, 1)
    message = capsys.readouterr().err
    assert message.startswith(f"dcanet: {two.folder}/state-2.")
    assert reason in message
    assert message.endswith("; trying the state of step 1\n")
    assert message.count("\n") == 1


@pytest.mark.parametrize("next_step", [2, 5])
def test_a_broken_state_does_not_count_as_one_of_two(two, next_step, capsys):
    two.save(3, {})
    flip(two.folder / "state-3.pt", 100)
    assert two.load()[0] == 2
    two.save(next_step, {"again": True})
    kept = {2: [2], 5: [2, 5]}[next_step]
    assert names(two.folder) == [f"state-{step}.{kind}" for step in kept for kind in ("json", "pt")]
    assert two.load() == (next_step, {"again": True})
    assert capsys.readouterr().err.count("\n") == 1


def test_both_broken(two, capsys):
    for step in (1, 2):
        flip(two.folder / f"state-{step}.pt", 700)
    assert two.load() is None
    first, second = capsys.readouterr().err.splitlines()
    assert "state-2.pt" in first
    assert "state-1.pt" in second
    assert second.endswith("; starting afresh")


def test_another_key_is_refused(two):
    changed = {"seed": 1, "recipe": {"optimizer": {"name": "sgd", "learning_rate": 0.05}, "epochs": 2.0}}
    other = StateFolder(two.folder, changed | {"fingerprint": "ab"})
    with pytest.raises(UserError) as caught:
        other.load()
    message = caught.value.line()
    assert f"{two.folder}: " in message
    assert f"({two.key_hash} there, {other.key_hash} now)" in message
    for difference in (
        'fingerprint: nothing there, "ab" now',
        "recipe.epochs: 2 there, 2.0 now",
        "recipe.optimizer.learning_rate: 0.1 there, 0.05 now",
        "seed: 0 there, 1 now",
    ):
        assert difference in message
    assert "name" not in message
    assert "delete the folder" in message
    assert two.load()[0] == 2


def test_many_differences_are_counted(two):
    with pytest.raises(UserError, match="; and 4 more; delete") as caught:
        StateFolder(two.folder, KEY | {f"key{index}": index for index in range(9)}).load()
    assert caught.value.line().count(" now;") == 5


def test_what_could_not_be_read_back_is_not_written(two):
    with pytest.raises(TypeError, match="tensors and plain values only: Unsupported global"):
        two.save(3, {"path": Path("x")})
    assert two.load()[0] == 2


def test_a_full_disk_keeps_what_is_there(two):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(UserError, match=r"state-3\.pt: the training state cannot be written"):
            two.save(3, {"tensor": torch.zeros(100_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names(two.folder) == ["state-1.json", "state-1.pt", "state-2.json", "state-2.pt"]
    assert two.load()[0] == 2


def test_a_folder_is_held_by_one_training_at_a_time(tmp_path):
    folder = tmp_path / "state"
    with StateFolder(folder, KEY).held():
        with pytest.raises(UserError, match="another training is at work"), StateFolder(folder, KEY).held():
            pass
        StateFolder(folder, KEY).save(1, {})
    with StateFolder(folder, KEY).held():
        assert StateFolder(folder, KEY).load() == (1, {})
        StateFolder(folder, KEY).clear()
    assert not folder.exists()


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")])
def test_a_state_that_does_not_fit_into_the_memory_is_kept(two, monkeypatch, error):
    def fail(*args, **values):
        raise error

    monkeypatch.setattr(torch, "load", fail)
    with pytest.raises(type(error)):
        two.load()
    assert names(two.folder) == ["state-1.json", "state-1.pt", "state-2.json", "state-2.pt"]
