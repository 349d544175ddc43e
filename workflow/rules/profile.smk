rule costs:
    output:
        costs=f"{RESULTS}/profile/costs.json",
        structures=f"{RESULTS}/profile/structures.json",
    log:
        f"{LOGS}/profile/costs.log",
    conda:
        "../envs/dcanet.yaml"
    threads: 1
    params:
        models=PLAN.models + PLAN.detectors,
        options=PLAN.options_of(PLAN.models),
        code=plugin_code(PLAN.models + PLAN.detectors),
        image_size=CONFIG.profile.image_size,
        version=Costs.version(),
        structures_version=Structures.version(),
    message:
        "Count parameters and MACs of every network"
    shell:
        f"{DCANET} profile "
        "costs {params.models} --image-size {params.image_size} {params.options:q} "
        "--keep-going --structures {output.structures:q} --out {output.costs:q} > {log:q} 2>&1"


rule audit:
    input:
        pairs=local(CONFIG.pairs_sheet),
    output:
        f"{RESULTS}/profile/audit.json",
    log:
        f"{LOGS}/profile/audit.log",
    conda:
        "../envs/dcanet.yaml"
    threads: 1
    params:
        version=Audit.version(),
    message:
        "Check every published cost"
    shell:
        f"{DCANET} profile "
        "audit --pairs {input.pairs:q} --out {output:q} > {log:q} 2>&1"


rule plan:
    input:
        dataset=PLAN.dataset,
        coco=[PLAN.detection.dataset] if PLAN.detection else [],
        costs=rules.costs.output.costs,
        throughputs=throughputs(),
    output:
        f"{RESULTS}/plan.json",
    log:
        f"{LOGS}/plan.log",
    localrule: True
    conda:
        "../envs/dcanet.yaml"
    threads: 1
    params:
        # The config with what the command line changed in it; whether weights may be fetched costs nothing.
        config=lambda wildcards: CONFIG.model_dump_json(exclude={"offline"}),
        # A changed recipe is another amount of work.
        trained=lambda wildcards: PLAN.training_hashes,
        version=Estimate.version(),
    message:
        "Estimate what the experiment will cost"
    shell:
        "printf %s {params.config:q} | "
        f"{DCANET} plan "
        "--configfile /dev/stdin --json {output:q} > {log:q} 2>&1"


rule throughput:
    output:
        f"{RESULTS}/profile/{{device}}/{{pair}}.json",
    log:
        f"{LOGS}/profile/{{device}}/{{pair}}.log",
    priority: 100
    conda:
        "../envs/dcanet.yaml"
    # All cores: nothing runs beside a timing. Before everything else, so that no job waits twice.
    threads: ALL_CORES
    resources:
        gpu=PLAN.gpus,
    params:
        models=lambda wildcards: PLAN.timed[wildcards.pair],
        options=lambda wildcards: PLAN.options_of(PLAN.timed[wildcards.pair]),
        code=lambda wildcards: plugin_code(PLAN.timed[wildcards.pair]),
        settings=PLAN.throughput_arguments(),
        version=Throughput.version(),
    message:
        "Time {wildcards.pair} on {wildcards.device}, its models interleaved"
    shell:
        f"{DCANET} profile "
        "throughput {params.models} --pair {wildcards.pair} --device {wildcards.device} --threads {threads} "
        "{params.settings:q} {params.options:q} --out {output:q} > {log:q} 2>&1"
