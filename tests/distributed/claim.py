"""Claims GPUs, prints their names and holds them until standard input ends: `claim.py COUNT DEVICE`."""

import os
import sys

from dcanet.distributed.gpus import claim_gpus

with claim_gpus(int(sys.argv[1]), sys.argv[2]) as names:
    print(",".join(names), os.environ.get("CUDA_VISIBLE_DEVICES"), flush=True)
    sys.stdin.read()
