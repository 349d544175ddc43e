rule costs:
    output:
        f"{RESULTS}/profile/costs/{{pair}}.json",
    log:
        f"{LOGS}/costs/{{pair}}.log",
    conda:
        "../envs/dcanet.yaml"
    threads: 1
    params:
        models=lambda wildcards: PLAN.models_of(wildcards.pair),
        options=lambda wildcards: PLAN.options_of(PLAN.models_of(wildcards.pair)),
        image_size=CONFIG.profile.image_size,
    message:
        "Count parameters and MACs of {wildcards.pair}"
    shell:
        "dcanet profile costs {params.models} --image-size {params.image_size} {params.options:q} "
        "--out {output:q} > {log:q} 2>&1"


rule throughput:
    output:
        f"{RESULTS}/profile/{{device}}/{{pair}}.json",
    log:
        f"{LOGS}/profile/{{device}}/{{pair}}.log",
    priority: 100
    conda:
        "../envs/dcanet.yaml"
    # All cores: nothing runs beside a timing. Before everything else, so that no job waits twice.
    threads: workflow.cores
    resources:
        gpu=PLAN.gpus,
    params:
        models=lambda wildcards: PLAN.models_of(wildcards.pair),
        options=lambda wildcards: PLAN.options_of(PLAN.models_of(wildcards.pair)),
        settings=PLAN.throughput_arguments(),
    message:
        "Time {wildcards.pair} on {wildcards.device}, its models interleaved"
    shell:
        "dcanet profile throughput {params.models} --device {wildcards.device} --threads {threads} "
        "{params.settings} {params.options:q} --out {output:q} > {log:q} 2>&1"
