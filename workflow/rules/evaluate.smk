rule evaluate:
    input:
        weights=rules.train.output.weights,
        dataset=PLAN.dataset,
        recipe=lambda wildcards: ancient(PLAN.recipe_of(wildcards.model)),
    output:
        metrics=f"{RESULTS}/classification/{{model}}/seed{{seed}}/eval/metrics.json",
        predictions=f"{RESULTS}/classification/{{model}}/seed{{seed}}/eval/predictions.parquet",
        provenance=f"{RESULTS}/classification/{{model}}/seed{{seed}}/eval/provenance.json",
    log:
        f"{LOGS}/evaluate/{{model}}-seed{{seed}}.log",
    conda:
        "../envs/dcanet.yaml"
    threads: 1
    resources:
        gpu=PLAN.gpus,
    params:
        folder=subpath(output.metrics, parent=True),
        data=lambda wildcards: PLAN.folder,
        device=CONFIG.device,
        preprocessing=lambda wildcards: PLAN.preprocessing_of(wildcards.model),
    message:
        "Evaluate {wildcards.model}, seed {wildcards.seed}"
    shell:
        "dcanet evaluate --weights {input.weights:q} --data {params.data:q} --recipe {input.recipe:q} "
        "--device {params.device} --threads {threads} --out {params.folder:q} > {log:q} 2>&1"
