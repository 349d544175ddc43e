"""Names in a pack, which export writes and `dcanet verify` reads."""

MANIFEST = "manifest-sha256.txt"
METADATA = "ro-crate-metadata.json"
RESULTS, REPORT, CONFIG, ENVIRONMENT, LOGS = "results", "report", "config", "environment", "logs"
WEIGHTS = "model.safetensors"
#: Folders of results that are nobody's result: what an unfinished training continues from.
LEFT_OUT = ("state",)
