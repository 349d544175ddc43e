import signal

from snakemake.utils import min_version

min_version("9.5")

# The warning that SLURM sends before a time limit reaches every process of a job, the ones that only wait for a
# training too: Snakemake's and its shell's.
signal.signal(signal.SIGUSR1, signal.SIG_IGN)


# A config file that is given stands alone: nothing of the demo's leaks into it.
if not workflow.overwrite_configfiles:

    configfile: "config/config.yaml"


include: "workflow/common.smk"


if CONFIG.container:

    container: CONFIG.container


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
    localrule: True


rule table1:
    input:
        classification("eval/metrics.json"),
        tests(),
    localrule: True


rule table2:
    input:
        detection("eval/metrics.json"),
    localrule: True


rule profile:
    input:
        costs(),
        throughputs(),
    localrule: True


# Of what SLURM runs: its logs tell a job that lacked memory or time from one that failed.
for each in workflow.rules:
    if str(each.snakefile).startswith(str(ROOT)):
        let_grow(each, slurm_logs)


onstart:
    if slurm_logs() and CONFIG.device == "auto":
        raise WorkflowError(
            "device: auto looks for a GPU on this machine, and SLURM's jobs run on others; "
            "add --config device=cuda or device=cpu"
        )
