"""Published training logs: read by title, whatever their order and spelling."""

import pytest

from dcanet.errors import UserError
from dcanet.weights.logs import read_log

TITLES = ["Learning Rate", "Train Loss", "Valid Loss", "Train Acc.", "Valid Acc.", "Valid Top5."]
ROWS = [
    [0.1, 6.2, 5.4, 3.1, 9.5, 25.0],
    [0.1, 4.7, 4.2, 15.8, 20.1, 43.5],
    [0.01, 3.9, 3.3, 25.0, 31.8, 57.9],
]


@pytest.fixture
def log(tmp_path):
    def write(titles, rows, ending="\t\n"):
        lines = [titles, *([f"{value:.6f}" for value in row] for row in rows)]
        path = tmp_path / "log.txt"
        path.write_bytes("".join("\t".join(line) + ending for line in lines).encode())
        return path

    return write


def test_reads_epochs(log):
    epochs = read_log(log(TITLES, ROWS))
    assert [epoch.epoch for epoch in epochs] == [1, 2, 3]
    fields = ("learning_rate", "train_loss", "valid_loss", "train_top1_percent", "valid_top1_percent")
    assert [getattr(epochs[2], field) for field in (*fields, "valid_top5_percent")] == ROWS[2]
    assert epochs[2].seconds is None


@pytest.mark.parametrize(
    "titles",
    [
        ["lr", "train_loss", "val_loss", "train_acc", "val_acc", "val_acc5"],
        ["LearningRate", "TRAIN LOSS", "Test Loss", "Train Top-1", "Test Top-1", "Test Top-5"],
        ["LR", "Loss (train)", "Loss (valid)", "Prec@1 (train)", "Prec@1 (valid)", "Prec@5 (valid)"],
        ["Learning Rate", "Train Loss", "Valid Loss", "Train Acc.", "Valid Acc.", "Top5"],
    ],
)
def test_spellings(log, titles):
    assert read_log(log(titles, ROWS, "\r\n")) == read_log(log(TITLES, ROWS))


def test_other_order_more_columns_and_titles_repeated_by_a_resumed_run(log):
    order = [5, 0, 4, 1, 3, 2]
    titles = ["Epoch", "Train Top5", *(TITLES[i] for i in order)]
    path = log(titles, [[10 + n, 0, *(row[i] for i in order)] for n, row in enumerate(ROWS)])
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:2], "\n", *lines[:1], *lines[2:]]))
    epochs = read_log(path)
    assert [epoch.epoch for epoch in epochs] == [10, 11, 12]
    assert epochs[1].valid_top5_percent == 43.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("4.200000", "4.2OO"), "line 3: valid_loss '4.2OO'"),
        (lambda text: text.replace("4.200000", "nan"), "line 3: valid_loss .*finite"),
        (lambda text: text[:-12], "line 4: 5 columns, the titles have 6"),
        (lambda text: text.replace("Valid Loss", "Valid Perplexity"), "line 1: 0 columns for valid loss"),
        (lambda text: text.replace("Train Acc.", "Valid Acc."), "line 1: 0 columns for train top1"),
        (lambda text: text.splitlines()[0], "has no epochs"),
        (lambda text: "<html><title>Google Drive - Quota exceeded</title>", "is not a log but .*quota"),
    ],
)
def test_mistakes_name_file_and_line(log, change, message):
    path = log(TITLES, ROWS)
    path.write_text(change(path.read_text()))
    with pytest.raises(UserError, match=rf"log\.txt: {message}"):
        read_log(path)


def test_not_a_text(log):
    path = log(TITLES, ROWS)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="cannot be read as text"):
        read_log(path)
