"""Foreign weights: damaged files, pickles that are programs, tensors that claim more than there is."""

import contextlib
import io
import json
import pickle
import pickletools
import zipfile
from random import Random

import hostile
import torch
import trees
from damage import damaged
from fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save

from dcanet.data.array_pickle import read_pickle
from dcanet.training.state import StateFolder
from dcanet.weights.opening import open_checkpoint
from dcanet.weights.store import WeightsMetadata, empty_model, read_metadata

STATE = {"conv1.weight": torch.arange(6.0).reshape(2, 3), "bn1.num_batches_tracked": torch.tensor(7)}


def saved(**how: bool) -> bytes:
    buffer = io.BytesIO()
    torch.save({"state_dict": STATE, "epoch": 3, "arch": "se_resnet50", "best_prec1": 76.25}, buffer, **how)
    return buffer.getvalue()


ZIP, LEGACY = saved(), saved(_use_new_zipfile_serialization=False)
META = {
    "schema_version": "1",
    "model": '"resnet50"',
    "options": "{}",
    "num_classes": "3",
    "source": '"trained"',
}
SAFETENSORS = save(STATE, META)

#: What a pickle would run; each leaves a file behind, or ends the process.
PROGRAMS = [
    *(
        b"cos\nsystem\n(S'touch ran'\ntR.",
        b"cposix\nsystem\n(S'touch ran'\ntR.",
        b'c__builtin__\neval\n(S\'open("ran","w")\'\ntR.',
    ),
    *(
        b'cbuiltins\nexec\n(S\'open("ran","w")\'\ntR.',
        b"csubprocess\nPopen\n(S'touch ran'\ntR.",
        b"cbuiltins\ngetattr\n.",
    ),
    *(
        b"(S'touch ran'\nios\nsystem\n.",
        b"cos\n_exit\n(I1\ntR.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x09touch ran\x85R.",
    ),
    *(
        b"ctorch.hub\nload\n(S'x'\nS'y'\ntR.",
        b"ctorch\nload\n(S'/x'\ntR.",
        b"ctorch._utils\n_rebuild_tensor\n.",
    ),
    *(
        b"cbuiltins\nbytearray\n(J\xff\xff\xff\x7ftR.",
        b"ccollections\nOrderedDict\n(tR.",
        b"ccopyreg\n_reconstructor\n.",
    ),
]
#: Opcodes with arguments that are too large, too many or missing.
OPCODES = [
    *(
        b"r\xff\xff\xff\x7f",
        b"j\xff\xff\xff\x7f",
        b"q\xff",
        b"h\xff",
        b"\x94" * 9,
        b"X\xff\xff\xff\x7f",
        b"B\xff\xff\xff\xff",
    ),
    *(
        b"\x8e" + b"\xff" * 8,
        b"\x8d\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\x96\xff\xff\xff\xff\x00\x00\x00\x00",
        b"(" * 500,
    ),
    *(
        b"]" * 5000,
        b"\x85" * 5000,
        b"2" * 500,
        b"a",
        b"u",
        b"s",
        b"b",
        b"0",
        b"\x81",
        b"\x92",
        b"Q",
        b"P1\n",
        b"\x82\x01",
    ),
    *(
        b"I" + b"9" * 5000 + b"\n",
        b"L" + b"9" * 5000 + b"L\n",
        b"\x8b\xff\xff\xff\x7f",
        b"F1e999\n",
        b"R",
        b".",
    ),
]


def repacked(content: bytes, number: int) -> bytes:
    """A zip of torch.save whose pickle is changed, which its checksums would otherwise tell."""
    random, buffer = Random(number), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(ZIP)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            twin = zipfile.ZipInfo(name)
            twin.external_attr = random.choice((0, 0, 0xA1FF0000))
            new.writestr(twin, content if name.endswith("data.pkl") else old.read(name))
        if random.random() < 0.2:
            new.writestr(
                random.choice(
                    ["../ran", "/ran", "archive/constants.pkl", "archive/data/0", "archive/code/x.py"]
                ),
                b"x",
            )
    return buffer.getvalue()


with zipfile.ZipFile(io.BytesIO(ZIP)) as _archive:
    PICKLE = _archive.read("archive/data.pkl")


def opened(path) -> None:
    """A checkpoint with all that is said of it."""
    checkpoint = open_checkpoint(path)
    for value in checkpoint.state_dict.values():
        value.to("meta")
    json.dumps(
        [checkpoint.arch, checkpoint.epoch, checkpoint.best_top1_percent, list(checkpoint.state_dict)],
        allow_nan=False,
    )


@fuzz(1200)
@given(content=damaged(ZIP, LEGACY, words=[*PROGRAMS, *OPCODES]))
def test_damaged_checkpoints(cases, content):
    cases.run(opened, cases.file("some.pth.tar", content))


@fuzz(1200)
@given(content=damaged(PICKLE, words=[*PROGRAMS, *OPCODES]), number=st.integers(0, 99))
def test_pickles_in_whole_checkpoints(cases, content, number):
    cases.run(opened, cases.file("some.pth.tar", repacked(content, number)))


@fuzz(800)
@given(program=st.sampled_from(PROGRAMS), content=damaged(PICKLE, words=OPCODES), number=st.integers(0, 99))
def test_programs_in_the_place_of_weights(cases, program, content, number):
    cases.run(opened, cases.file("some.pth.tar", repacked(program + content, number)))
    cases.run(opened, cases.file("some.pth", b"\x80\x02" + program + content))


@fuzz(1500)
@given(
    content=damaged(
        SAFETENSORS, words=[b"{" * 500, b"[" * 5000, b"9" * 5000, b'"\\ud800"', b"F64", b"4294967296", b"-1"]
    )
)
def test_damaged_safetensors(cases, content):
    path = cases.file("model.safetensors", content)
    cases.run(opened, path)
    cases.run(read_metadata, path)


TEXTS = [
    "{}",
    "[" * 5000,
    "9" * 5000,
    "NaN",
    '"\\ud800"',
    '{"a":' * 2000,
    "null",
    "1",
    '{"name": "x"}',
    '{"reduction": 1e999}',
    '"se_resnet50"',
]


def built(path) -> None:
    """The network that a weight file says it has, without memory for its weights."""
    said = read_metadata(path)
    with contextlib.suppress(ValueError, TypeError, RuntimeError):  # as load_model tells
        empty_model(said.model, said.num_classes, said.options)


@fuzz(200)
@given(
    metadata=st.dictionaries(
        st.sampled_from([*WeightsMetadata.model_fields, "x"]),
        st.one_of(st.sampled_from(TEXTS), hostile.texts()),
    )
)
def test_metadata_of_weight_files(cases, metadata):
    whole = META | {key: text.encode("utf-8", "replace").decode() for key, text in metadata.items()}
    cases.run(built, cases.file("model.safetensors", save({"x": torch.zeros(1)}, whole)))


#: As Python 2 wrote CIFAR's batches, and as Python 3 does.
BATCH = {b"data": bytes(12), b"labels": [1, 2], b"filenames": [b"a.png", b"b.png"]}
BATCHES = [pickle.dumps(BATCH, protocol) for protocol in (0, 2, 3)]


@fuzz(2400)
@given(
    content=damaged(
        *BATCHES, words=[*PROGRAMS, *OPCODES, b"cnumpy\nndarray\n", b"cnumpy\ndtype\n", b"c_codecs\nencode\n"]
    )
)
def test_pickled_arrays(cases, content):
    cases.run(read_pickle, content, "data_batch_1", "fetch it again")


@fuzz(500)
@given(
    content=damaged(LEGACY, ZIP, words=[*PROGRAMS, *OPCODES]),
    note=trees.edited(
        st.just(
            {"schema_version": 1, "step": 3, "sha256": "0" * 64, "key_hash": "0" * 16, "key": {"seed": 0}}
        )
    ),
)
def test_states_of_trainings(cases, content, note):
    """A broken state is told of and left, whoever made it."""
    (cases.folder / "state").mkdir(exist_ok=True)
    cases.file("state/state-3.pt", content)
    cases.file("state/state-3.json", json.dumps(note).encode())
    cases.run(StateFolder(cases.folder / "state", {"seed": 0}).load)


def test_the_programs_are_real(tmp_path, monkeypatch):
    """Else nothing would be shown by their not being run."""
    monkeypatch.chdir(tmp_path)
    pickle.loads(PROGRAMS[0])
    assert (tmp_path / "ran").exists()
    for program in (*PROGRAMS, *BATCHES):
        list(pickletools.genops(program))
