rule evaluate:
    input:
        weights=f"{RESULTS}/classification/{{model}}/{{run}}/train/model.safetensors",
        dataset=PLAN.dataset,
        recipe=lambda wildcards: recipe(PLAN.recipe_of(wildcards.model)),
    output:
        metrics=f"{RESULTS}/classification/{{model}}/{{run}}/eval/metrics.json",
        predictions=f"{RESULTS}/classification/{{model}}/{{run}}/eval/predictions.parquet",
        provenance=f"{RESULTS}/classification/{{model}}/{{run}}/eval/provenance.json",
    log:
        f"{LOGS}/evaluate/{{model}}-{{run}}.log",
    conda:
        "../envs/dcanet.yaml"
    threads: PLAN.evaluation_threads
    resources:
        **PLAN.resources_of(CONFIG.evaluation),
    params:
        folder=subpath(output.metrics, parent=True),
        # So that results of an older form are made again.
        version=Metrics.version(),
        data=lambda wildcards, input: images(PLAN, input),
        device=CONFIG.device,
        preprocessing=lambda wildcards: PLAN.preprocessing_of(wildcards.model),
    message:
        "Evaluate {wildcards.model}, {wildcards.run}"
    shell:
        f"exec {DCANET} evaluate "
        "--weights {input.weights:q} --data {params.data:q} --dataset {input.dataset:q} "
        "--recipe {input.recipe:q} --device {params.device} "
        "--nodes {resources.nodes} --processes {resources.ranks} --threads {resources.rank_threads} "
        "--workers {resources.loaders} --out {params.folder:q} > {log:q} 2>&1"


# An extra test set: the same weights on other images.
rule evaluate_test:
    input:
        weights=f"{RESULTS}/classification/{{model}}/{{run}}/train/model.safetensors",
        data=lambda wildcards: local(PLAN.tests[wildcards.test]),
        recipe=lambda wildcards: recipe(PLAN.recipe_of(wildcards.model)),
    output:
        metrics=f"{RESULTS}/classification/{{model}}/{{run}}/test-{{test}}/metrics.json",
        predictions=f"{RESULTS}/classification/{{model}}/{{run}}/test-{{test}}/predictions.parquet",
        provenance=f"{RESULTS}/classification/{{model}}/{{run}}/test-{{test}}/provenance.json",
    log:
        f"{LOGS}/evaluate/{{model}}-{{run}}-{{test}}.log",
    wildcard_constraints:
        test=PLAN.any_of(PLAN.image_tests),
    conda:
        "../envs/dcanet.yaml"
    threads: PLAN.evaluation_threads
    resources:
        **PLAN.resources_of(CONFIG.evaluation),
    params:
        folder=subpath(output.metrics, parent=True),
        version=Metrics.version(),
        device=CONFIG.device,
        preprocessing=lambda wildcards: PLAN.preprocessing_of(wildcards.model),
    message:
        "Evaluate {wildcards.model}, {wildcards.run}, on {wildcards.test}"
    shell:
        f"exec {DCANET} evaluate "
        "--weights {input.weights:q} --data {input.data:q} --split test "
        "--recipe {input.recipe:q} --device {params.device} "
        "--nodes {resources.nodes} --processes {resources.ranks} --threads {resources.rank_threads} "
        "--workers {resources.loaders} --out {params.folder:q} > {log:q} 2>&1"


# Other labels of the val images: scored from the predictions, no model runs.
rule score_real_labels:
    input:
        predictions=f"{RESULTS}/classification/{{model}}/{{run}}/eval/predictions.parquet",
        metrics=f"{RESULTS}/classification/{{model}}/{{run}}/eval/metrics.json",
        labels=lambda wildcards: local(PLAN.tests[wildcards.test]),
    output:
        metrics=f"{RESULTS}/classification/{{model}}/{{run}}/test-{{test}}/metrics.json",
        correct=f"{RESULTS}/classification/{{model}}/{{run}}/test-{{test}}/correct.parquet",
    log:
        f"{LOGS}/evaluate/{{model}}-{{run}}-{{test}}.log",
    wildcard_constraints:
        test=PLAN.any_of(PLAN.label_tests),
    conda:
        "../envs/dcanet.yaml"
    params:
        folder=subpath(output.metrics, parent=True),
        version=RealMetrics.version(),
    message:
        "Score {wildcards.model}, {wildcards.run}, by the labels of {wildcards.test}"
    shell:
        f"{DCANET} evaluate "
        "--predictions {input.predictions:q} --real {input.labels:q} "
        "--out {params.folder:q} > {log:q} 2>&1"
