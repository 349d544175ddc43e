# What plug-ins make before anything is trained: their data set, and their recipes as files.


rule own_data:
    output:
        dataset="data/{name}-{settings}/dataset.json",
    log:
        "logs/data/{name}-{settings}.log",
    wildcard_constraints:
        name=PLAN.any_of([PLAN.own.data.name] if PLAN.own.data else []),
        settings="[0-9a-f]{16}",
    conda:
        "../envs/dcanet.yaml"
    params:
        folder=subpath(output.dataset, parent=True),
        settings=PLAN.own.data_arguments,
        code=PLAN.own.data_code,
        version=Dataset.version(),
    message:
        "Make the data set {wildcards.name}"
    shell:
        f"{DCANET} data "
        "make {wildcards.name} {params.settings:q} --out {params.folder:q} > {log:q} 2>&1"


rule own_recipe:
    output:
        recipe=f"{RESULTS}/recipes/{{recipe}}.yaml",
    log:
        f"{LOGS}/recipes/{{recipe}}.log",
    wildcard_constraints:
        recipe=PLAN.any_of(list(PLAN.own.recipes)),
    conda:
        "../envs/dcanet.yaml"
    params:
        recipe_hash=lambda wildcards: PLAN.own.recipes[wildcards.recipe],
    message:
        "Write down the recipe {wildcards.recipe}"
    shell:
        f"{DCANET} recipe " "{wildcards.recipe} --out {output.recipe:q} > {log:q} 2>&1"
