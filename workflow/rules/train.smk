rule train:
    input:
        dataset=PLAN.dataset,
        recipe=lambda wildcards: ancient(PLAN.recipe_of(wildcards.model)),
    output:
        weights=f"{RESULTS}/classification/{{model}}/seed{{seed}}/train/model.safetensors",
        history=f"{RESULTS}/classification/{{model}}/seed{{seed}}/train/history.jsonl",
        provenance=f"{RESULTS}/classification/{{model}}/seed{{seed}}/train/provenance.json",
    log:
        f"{LOGS}/train/{{model}}-seed{{seed}}.log",
    conda:
        "../envs/dcanet.yaml"
    threads: 1
    resources:
        gpu=PLAN.gpus,
    params:
        folder=subpath(output.weights, parent=True),
        data=lambda wildcards: PLAN.folder,
        options=lambda wildcards: PLAN.options_of([wildcards.model]),
        device=CONFIG.device,
        # All that may change the weights; a cosmetic edit of the recipe or the code does not retrain.
        training_hash=lambda wildcards: PLAN.training_hash(wildcards.model),
    message:
        "Train {wildcards.model}, seed {wildcards.seed}"
    shell:
        "dcanet train --model {wildcards.model} --seed {wildcards.seed} --data {params.data:q} "
        "--recipe {input.recipe:q} --device {params.device} --threads {threads} {params.options:q} "
        "--out {params.folder:q} > {log:q} 2>&1"
