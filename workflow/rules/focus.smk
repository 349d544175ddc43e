# Looked at here, so that the report needs no images. One job for each backbone: its pairs share a recipe, which says
# how images are prepared, and importing torch takes longer than looking at a pair.
rule focus:
    input:
        baselines=lambda wildcards: watched_weights(wildcards.backbone, "baseline"),
        connected=lambda wildcards: watched_weights(wildcards.backbone, "connected"),
        dataset=PLAN.dataset,
        recipe=lambda wildcards: recipe(PLAN.recipe_file(wildcards.backbone)),
    output:
        f"{RESULTS}/focus/{{backbone}}.json",
    log:
        f"{LOGS}/focus/{{backbone}}.log",
    conda:
        "../envs/dcanet.yaml"
    threads: 1
    resources:
        gpu=PLAN.gpus,
    params:
        data=lambda wildcards, input: images(PLAN, input),
        device=CONFIG.device,
        settings=PLAN.focus_arguments(),
        preprocessing=lambda wildcards: PLAN.preprocessing_of(
            PLAN.watched[wildcards.backbone][0].baseline.id
        ),
        version=Focus.version(),
    message:
        "Look where the {wildcards.backbone} networks look"
    shell:
        f"{DCANET} focus "
        "--baseline {input.baselines:q} --connected {input.connected:q} --data {params.data:q} "
        "--dataset {input.dataset:q} --recipe {input.recipe:q} --device {params.device} --threads {threads} "
        "{params.settings:q} --out {output:q} > {log:q} 2>&1"
