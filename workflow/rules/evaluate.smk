rule evaluate:
    input:
        weights=f"{RESULTS}/classification/{{model}}/{{run}}/train/model.safetensors",
        dataset=PLAN.evaluated,
        recipe=lambda wildcards: ancient(PLAN.recipe_of(wildcards.model)),
    output:
        metrics=f"{RESULTS}/classification/{{model}}/{{run}}/eval/metrics.json",
        predictions=f"{RESULTS}/classification/{{model}}/{{run}}/eval/predictions.parquet",
        provenance=f"{RESULTS}/classification/{{model}}/{{run}}/eval/provenance.json",
    log:
        f"{LOGS}/evaluate/{{model}}-{{run}}.log",
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
        "Evaluate {wildcards.model}, {wildcards.run}"
    shell:
        "dcanet evaluate --weights {input.weights:q} --data {params.data:q} --recipe {input.recipe:q} "
        "--device {params.device} --threads {threads} --out {params.folder:q} > {log:q} 2>&1"
