rule statistics:
    input:
        predictions=classification("eval/predictions.parquet"),
        tests=test_answers(),
        bootstraps=detection("eval/bootstrap.json"),
        pairs=local(CONFIG.pairs_sheet),
        detectors=local(CONFIG.detectors_sheet),
    output:
        f"{RESULTS}/statistics.json",
    log:
        f"{LOGS}/statistics.log",
    conda:
        "../envs/dcanet.yaml"
    threads: 1
    params:
        results=subpath(output[0], parent=True),
        settings=PLAN.statistics_arguments(),
        also=PLAN.own.pairs_arguments,
        metrics=PLAN.own.metrics_code,
        pretrained=["--pretrained", *PLAN.pretrained] if PLAN.pretrained else [],
        version=TableStatistics.version(),
    message:
        "Tell differences from noise"
    shell:
        f"{DCANET} statistics "
        "{params.results:q} --pairs {input.pairs:q} --detectors {input.detectors:q} "
        "{params.also:q} {params.settings:q} {params.pretrained:q} --out {output:q} > {log:q} 2>&1"


# Drawn here, so that the report needs no images.
rule thumbnails:
    input:
        statistics=rules.statistics.output,
        dataset=PLAN.dataset,
    output:
        f"{RESULTS}/flips.json",
    log:
        f"{LOGS}/thumbnails.log",
    conda:
        "../envs/dcanet.yaml"
    threads: 1
    params:
        data=lambda wildcards, input: images(PLAN, input),
        version=FlippedPictures.version(),
    message:
        "Draw the images on which networks differ most surely"
    shell:
        f"{DCANET} thumbnails "
        "{input.statistics:q} --data {params.data:q} --out {output:q} > {log:q} 2>&1"
