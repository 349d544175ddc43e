#!/bin/sh
# Run by snakemake in a new conda environment; common.smk says where the package is.
set -eu
cd "$DCANET_WORKFLOW" || { echo "dcanet: conda environments are made from a clone; name its Snakefile" >&2; exit 1; }
python -m pip install --require-hashes -r requirements.lock
python -m pip install --no-deps .
