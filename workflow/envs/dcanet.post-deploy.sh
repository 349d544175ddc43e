#!/bin/sh
# Run by snakemake in a new conda environment, from the workflow's root.
set -eu
python -m pip install --require-hashes -r requirements.lock
python -m pip install --no-deps .
