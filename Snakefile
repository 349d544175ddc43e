from snakemake.utils import min_version

min_version("9.5")


# A config file that is given stands alone: nothing of the demo's leaks into it.
if not workflow.overwrite_configfiles:

    configfile: "config/config.yaml"


include: "workflow/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/plugins.smk"
include: "workflow/rules/weights.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/profile.smk"


if PLAN.detection:

    include: "workflow/rules/detection.smk"


include: "workflow/rules/statistics.smk"
include: "workflow/rules/focus.smk"
include: "workflow/rules/report.smk"


localrules:
    all,
    table1,
    table2,
    profile,


rule all:
    default_target: True
    # Every result by name, so that a deleted one is made again although what follows from it is there.
    input:
        rules.report.output,
        classification("train/model.safetensors"),
        classification("train/history.jsonl"),
        classification("train/provenance.json"),
        classification("eval/metrics.json"),
        classification("eval/predictions.parquet"),
        classification("eval/provenance.json"),
        detection("train/model.safetensors"),
        detection("train/history.jsonl"),
        detection("train/provenance.json"),
        detection("eval/metrics.json"),
        detection("eval/detections.parquet"),
        detection("eval/bootstrap.json"),
        detection("eval/provenance.json"),
        pictures(),
        costs(),
        throughputs(),
        rules.plan.output,
        rules.statistics.output,
        rules.thumbnails.output,
        focuses(),


rule table1:
    input:
        classification("eval/metrics.json"),
        tests(),


rule table2:
    input:
        detection("eval/metrics.json"),


rule profile:
    input:
        costs(),
        throughputs(),
