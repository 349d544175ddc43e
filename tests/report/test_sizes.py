"""How large the report gets; how long it takes is measured by `python -m benchmarks growth`."""

from pathlib import Path

import pytest
from experiments import copies, large, rendered

from dcanet.sheets import read_detectors, read_pairs

SHEETS = Path(__file__).parents[2] / "config"
MB = 10**6


@pytest.mark.slow
def test_a_paper_sized_report_is_below_12_mb(tmp_path: Path) -> None:
    pairs, detectors = read_pairs(SHEETS / "pairs.tsv"), read_detectors(SHEETS / "detectors.tsv")
    large(tmp_path / "paper", pairs, 50_000, 1000, detectors)
    index = rendered(tmp_path / "paper", pairs, detectors, tmp_path / "out")
    assert 1 * MB < index.stat().st_size < 12 * MB


@pytest.mark.slow
@pytest.mark.lengthy
def test_a_thousand_models_are_rendered(tmp_path: Path) -> None:
    """Without pictures of their images, of which there would be as many as of anything."""
    pairs = copies([pair for pair in read_pairs(SHEETS / "pairs.tsv") if pair.connected], 500)
    large(tmp_path / "many", pairs, images=1000, classes=10)
    (tmp_path / "many" / "flips.json").unlink()
    index = rendered(tmp_path / "many", pairs, [], tmp_path / "out")
    text = index.read_text()
    assert all(f'id="pair-{pair.id}"' in text for pair in pairs)
    assert len(text.encode()) < 30 * MB
