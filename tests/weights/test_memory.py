"""Converting takes less memory than twice the file, whatever it holds."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
from oracle import FORMS

STATUS = Path("/proc/self/clear_refs")

CHILD = """
    import json, sys
    from pathlib import Path
    from dcanet.weights.conversion import convert

    def status(key):
        line = next(line for line in open("/proc/self/status") if line.startswith(key))
        return int(line.split()[1]) * 1024

    small, large, out = map(Path, sys.argv[1:])
    convert(small, out)  # what is imported on the way is not the file's cost
    Path("/proc/self/clear_refs").write_text("5")  # starts the peak anew
    before = status("VmRSS")
    convert(large, out)
    print(json.dumps((status("VmHWM") - before) / large.stat().st_size))
"""


def checkpoint(
    path: Path, name: str, half: bool = False, momentum: bool = False, zipped: bool = True
) -> Path:
    form = next(form for form in FORMS if form.name == name)
    tensors = {key: torch.ones_like(value, device="cpu") for key, value in form.empty().items()}
    if half:
        tensors = {key: value.half() if value.ndim > 1 else value for key, value in tensors.items()}
    content = {"arch": name, "epoch": 100, "state_dict": tensors}
    if momentum:
        state = {n: {"momentum_buffer": value.clone()} for n, value in enumerate(tensors.values())}
        content["optimizer"] = {"state": state}
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    return path


@pytest.mark.skipif(not STATUS.exists(), reason="peak memory is read from Linux's /proc")
@pytest.mark.parametrize("how", [{}, {"momentum": True}, {"half": True}, {"zipped": False}], ids=str)
def test_peak_is_less_than_twice_the_file(tmp_path, how, record_property):
    small = checkpoint(tmp_path / "small", "old_mobilenet_v2")
    large = checkpoint(tmp_path / "large", "old_resnet50", **how)
    command = [sys.executable, "-c", textwrap.dedent(CHILD), str(small), str(large), str(tmp_path / "out")]
    peak = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=120).stdout)
    record_property("peak_over_file_size", peak)
    assert peak < 2
