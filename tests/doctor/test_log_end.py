"""Logs of any size and any content are read from their end, in bounded memory."""

import os
import threading
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from dcanet.doctor.log_end import END, Line, clean, last_lines
from dcanet.doctor.signs import clue_in, last_words


def test_a_huge_log_is_read_from_its_end(tmp_path):
    path = tmp_path / "huge.log"
    block = b"epoch 1 of 100: train loss 1.234, 567 images/s, and more of such words\n" * 15_000
    with open(path, "wb") as file:
        for _ in range(100):
            file.write(block)
        file.write(b"MemoryError\nepoch\n")
    assert path.stat().st_size > 100_000_000
    tracemalloc.start()
    lines = last_lines(path)
    clue = clue_in(lines, "huge.log")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000
    assert lines[-2:] == [Line(1_500_001, "MemoryError"), Line(1_500_002, "epoch")]
    assert clue is not None
    assert (clue.cause, clue.evidence.line) == ("host_memory", 1_500_001)


def test_one_line_of_a_hundred_megabytes(tmp_path):
    path = tmp_path / "line.log"
    with open(path, "wb") as file:
        file.truncate(100_000_000)
        file.seek(0, os.SEEK_END)
        file.write(b"the end")
    tracemalloc.start()
    (line,) = last_lines(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000
    assert line.number == 1


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = threading.Thread(target=last_lines, args=(tmp_path / "pipe",), daemon=True)
    reader.start()
    reader.join(timeout=20)
    assert not reader.is_alive()
    for path in (tmp_path / "pipe", tmp_path / "none", tmp_path, tmp_path / "null\0byte"):
        assert last_lines(path) == []


def test_progress_bars_escapes_and_controls_are_gone():
    assert clean(b"  0%|   | 0/9\r 50%|## | 4/9\r100%|####| 9/9") == "100%|####| 9/9"
    assert clean(b"\x1b[31mred\x1b[0m \x07bell\tand\x00 \xff end\r") == "red bell and \ufffd end"
    assert clean("\u202etxt.exe".encode()) == "txt.exe"


@given(st.binary(max_size=5000), st.integers(0, 3))
def test_any_bytes_give_lines_with_their_numbers(tmp_path_factory, data, copies):
    path = tmp_path_factory.mktemp("log") / "any.log"
    before = (b"word" * 250 + b"\n") * (copies * END // 1001)
    path.write_bytes(before + data)
    lines = last_lines(path)
    assert all(line.text.isprintable() for line in lines)
    if before + data:
        last = (before + data).removesuffix(b"\n").count(b"\n") + 1
        assert lines[-1].number == last
    clue_in(lines, "any.log")
    last_words(lines, "any.log")


@given(st.lists(st.text(max_size=80), max_size=20))
def test_any_text_is_searched(texts):
    lines = [Line(number, text) for number, text in enumerate(texts, start=1)]
    clue, words = clue_in(lines, "x"), last_words(lines, "x")
    for evidence in (found.evidence for found in (clue, words) if found):
        assert evidence.text == texts[evidence.line - 1].strip()
