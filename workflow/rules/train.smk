rule train:
    input:
        dataset=PLAN.dataset,
        recipe=lambda wildcards: recipe(PLAN.recipe_of(wildcards.model)),
    output:
        weights=f"{RESULTS}/classification/{{model}}/seed{{seed}}/train/model.safetensors",
        history=f"{RESULTS}/classification/{{model}}/seed{{seed}}/train/history.jsonl",
        provenance=f"{RESULTS}/classification/{{model}}/seed{{seed}}/train/provenance.json",
    log:
        f"{LOGS}/train/{{model}}-seed{{seed}}.log",
    conda:
        "../envs/dcanet.yaml"
    threads: PLAN.training_threads
    resources:
        **PLAN.resources_of(CONFIG.training),
        save_minutes=str(CONFIG.training.save_minutes),  # Snakemake rounds numbers
        on_warning="stop",
    params:
        folder=subpath(output.weights, parent=True),
        # Not an output: Snakemake deletes those of a failed job, and a training continues from its state.
        state=lambda wildcards, output: state_of(output.weights),
        data=lambda wildcards, input: images(PLAN, input),
        options=lambda wildcards: PLAN.options_of([wildcards.model]),
        device=CONFIG.device,
        # All that may change the weights; a cosmetic edit of the recipe or the code does not retrain.
        training_hash=lambda wildcards: PLAN.training_hash(wildcards.model),
    message:
        "Train {wildcards.model}, seed {wildcards.seed}"
    shell:
        f"exec {DCANET} train "
        "--model {wildcards.model} --seed {wildcards.seed} --data {params.data:q} "
        "--dataset {input.dataset:q} --recipe {input.recipe:q} --device {params.device} "
        "--nodes {resources.nodes} --processes {resources.ranks} --threads {resources.rank_threads} "
        "--workers {resources.loaders} --save-minutes {resources.save_minutes} --on-warning {resources.on_warning} "
        "{params.options:q} --state {params.state:q} --out {params.folder:q} > {log:q} 2>&1"
