"""What all tests share. pytest puts this folder on the path, so tests can `import oracle`."""

import os

from hypothesis import settings

if "PYTEST_XDIST_WORKER" in os.environ:
    # Before torch is imported: workers that each take all cores slow one another down.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# No database, which would be left behind, and no deadline, which a busy machine misses.
settings.register_profile("dcanet", database=None, deadline=None, derandomize=True)
settings.load_profile("dcanet")
