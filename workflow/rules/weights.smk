rule fetch_weights:
    output:
        checkpoint="weights/{model}.checkpoint",
    log:
        f"{LOGS}/fetch/{{model}}-pretrained.log",
    localrule: True
    conda:
        "../envs/dcanet.yaml"
    resources:
        # No param: what is here already must not be fetched again when it changes.
        network=PLAN.network,
    params:
        folder=subpath(output.checkpoint, parent=True),
        source=lambda wildcards: PLAN.source_arguments(wildcards.model),
        also=PLAN.own.pairs_arguments,
        pairs=CONFIG.pairs_sheet,
        detectors=CONFIG.detectors_sheet,
    message:
        "Fetch the weights of {wildcards.model}"
    shell:
        f"{DCANET} weights "
        "fetch {wildcards.model} {params.source:q} --pairs {params.pairs:q} "
        "--detectors {params.detectors:q} {params.also:q} {resources.network} --out {params.folder:q} > {log:q} 2>&1"


rule fetch_log:
    output:
        log="weights/{model}.log",
    log:
        f"{LOGS}/fetch/{{model}}-log.log",
    localrule: True
    conda:
        "../envs/dcanet.yaml"
    resources:
        network=PLAN.network,
    params:
        folder=subpath(output.log, parent=True),
        pairs=CONFIG.pairs_sheet,
        detectors=CONFIG.detectors_sheet,
    message:
        "Fetch the published training log of {wildcards.model}"
    shell:
        f"{DCANET} weights "
        "fetch {wildcards.model}.log --pairs {params.pairs:q} "
        "--detectors {params.detectors:q} {resources.network} --out {params.folder:q} > {log:q} 2>&1"


rule convert_weights:
    input:
        checkpoint=lambda wildcards: checkpoint_of(wildcards.model),
        training_log=lambda wildcards: PLAN.log_of(wildcards.model),
    output:
        weights=f"{RESULTS}/classification/{{model}}/pretrained/train/model.safetensors",
        history=f"{RESULTS}/classification/{{model}}/pretrained/train/history.jsonl",
        provenance=f"{RESULTS}/classification/{{model}}/pretrained/train/provenance.json",
    log:
        f"{LOGS}/train/{{model}}-pretrained.log",
    wildcard_constraints:
        model=PLAN.any_of(PLAN.pretrained),
    conda:
        "../envs/dcanet.yaml"
    threads: 1
    params:
        folder=subpath(output.weights, parent=True),
        origin=lambda wildcards: PLAN.source_name(wildcards.model),
        training_log=lambda wildcards, input: [
            f"--log={path}" for path in input.training_log
        ],
        conversion=CONVERSION_VERSION,
        code=lambda wildcards: plugin_code([wildcards.model]),
    message:
        "Convert the weights of {wildcards.model}"
    shell:
        f"{DCANET} weights "
        "convert {input.checkpoint:q} --model {wildcards.model} "
        "--origin {params.origin:q} {params.training_log:q} --run {params.folder:q} > {log:q} 2>&1"
