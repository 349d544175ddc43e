"""How Sphinx builds the user guide: `make docs`. Nothing is fetched."""

import sys
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "extensions")]

project = "DCANet-bench"
author = "The DCANet-bench developers"
release = metadata.version("dcanet-bench")

extensions = ["myst_parser", "command_line", "speed_figures"]
exclude_patterns = ["_build"]
nitpicky = True
# The table of contents names pages that may not be there yet (extending, cluster).

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"{project} {release}"
html_copy_source = False
html_show_sphinx = False
html_last_updated_fmt = None
