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
    threads: PLAN.training_threads
    resources:
        gpu=PLAN.training_gpus,
        # Here and not among the params: where a training runs is no reason to run it again.
        ranks=CONFIG.training.processes,
        rank_threads=CONFIG.training.threads,
        loaders=CONFIG.training.workers,
        save_minutes=str(CONFIG.training.save_minutes),  # Snakemake rounds numbers
    params:
        folder=subpath(output.weights, parent=True),
        # Not an output: Snakemake deletes those of a failed job, and a training continues from its state.
        state=f"{RESULTS}/classification/{{model}}/seed{{seed}}/state",
        data=lambda wildcards: PLAN.folder,
        options=lambda wildcards: PLAN.options_of([wildcards.model]),
        device=CONFIG.device,
        # All that may change the weights; a cosmetic edit of the recipe or the code does not retrain.
        training_hash=lambda wildcards: PLAN.training_hash(wildcards.model),
    message:
        "Train {wildcards.model}, seed {wildcards.seed}"
    shell:
        f"{DCANET} train "
        "--model {wildcards.model} --seed {wildcards.seed} --data {params.data:q} "
        "--dataset {input.dataset:q} --recipe {input.recipe:q} --device {params.device} "
        "--processes {resources.ranks} --threads {resources.rank_threads} --workers {resources.loaders} "
        "--save-minutes {resources.save_minutes} {params.options:q} --state {params.state:q} --out {params.folder:q} > {log:q} 2>&1"
