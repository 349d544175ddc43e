rule digits:
    output:
        dataset="data/digits-{size}px-seed{digits_seed}/dataset.json",
    log:
        "logs/data/digits-{size}px-seed{digits_seed}.log",
    wildcard_constraints:
        size=r"\d+",
        digits_seed=r"\d+",
    conda:
        "../envs/dcanet.yaml"
    params:
        folder=lambda wildcards, output: Path(output.dataset).parent,
        version=Dataset.version(),
    message:
        "Blend real digits over real photographs, {wildcards.size} pixels"
    shell:
        f"{DCANET} data "
        "digits --image-size {wildcards.size} --seed {wildcards.digits_seed} "
        "--out {params.folder:q} > {log:q} 2>&1"


rule describe_folder:
    input:
        folder=lambda wildcards: local(PLAN.folder),
    output:
        dataset=f"{RESULTS}/dataset.json",
    log:
        f"{LOGS}/data/describe.log",
    conda:
        "../envs/dcanet.yaml"
    threads: ALL_CORES if PLAN.checks_images else 1
    params:
        # Only where broken images are to be skipped is every one decoded.
        how="check --on-bad-image skip --workers" if PLAN.checks_images else "describe",
        workers=lambda wildcards, threads: threads if PLAN.checks_images else "",
        splits=PLAN.splits,
        version=Dataset.version(),
    message:
        "Count and fingerprint the images of {input.folder}"
    shell:
        f"{DCANET} data "
        "{params.how} {params.workers} {input.folder:q} --splits {params.splits} "
        "--out {output.dataset:q} > {log:q} 2>&1"
