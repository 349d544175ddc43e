"""dcanet config: check a config file, or print the JSON Schema for editors."""

import argparse
import json
from pathlib import Path

from ..config import Config, load_config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", type=Path, nargs="?", default=Path("config/config.yaml"), help="default: %(default)s"
    )
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema instead")


def run(arguments: argparse.Namespace) -> None:
    if arguments.schema:
        print(schema())
        return
    config = load_config(arguments.file)
    pairs = config.chosen_pairs()
    models = sum(len(pair.models) for pair in pairs)
    print(
        f"{arguments.file}: fine; {len(pairs)} rows of Table 1, {models} models, {len(config.seeds)} seed(s)"
    )


def schema() -> str:
    """The config's JSON Schema; workflow/schemas/config.schema.json is a copy of it."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "DCANet-bench config"}
    return json.dumps(head | Config.model_json_schema() | {"title": head["title"]}, indent=2)
