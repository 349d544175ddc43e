from snakemake.utils import min_version

min_version("9.5")


configfile: "config/config.yaml"


include: "workflow/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/profile.smk"
include: "workflow/rules/report.smk"


localrules:
    all,
    table1,
    profile,


rule all:
    default_target: True
    input:
        rules.report.output,


rule table1:
    input:
        classification("eval/metrics.json"),


rule profile:
    input:
        costs(),
        throughputs(),
