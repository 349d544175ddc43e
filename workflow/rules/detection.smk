# Table 2; included where the config has detectors.

DETECTION = PLAN.detection


rule scenes:
    output:
        dataset="data/scenes-{size}px-{images_train}+{images_val}-seed{scenes_seed}/dataset.json",
    log:
        "logs/data/scenes-{size}px-{images_train}+{images_val}-seed{scenes_seed}.log",
    wildcard_constraints:
        size=r"\d+",
        images_train=r"\d+",
        images_val=r"\d+",
        scenes_seed=r"\d+",
    conda:
        "../envs/dcanet.yaml"
    params:
        folder=lambda wildcards, output: Path(output.dataset).parent,
        version=CocoDataset.version(),
        revision=ScenesData.revision,
    message:
        "Draw scenes of digits, {wildcards.size} pixels"
    shell:
        f"{DCANET} data "
        "scenes --image-size {wildcards.size} --images-train {wildcards.images_train} "
        "--images-val {wildcards.images_val} --seed {wildcards.scenes_seed} "
        "--out {params.folder:q} > {log:q} 2>&1"


use rule describe_folder as describe_coco with:
    input:
        folder=local(DETECTION.folder),
    output:
        dataset=f"{RESULTS}/coco.json",
    log:
        f"{LOGS}/data/coco.log",
    threads: ALL_CORES if DETECTION.checks_images else 1
    params:
        how=(
            "check --on-bad-image skip --workers"
            if DETECTION.checks_images
            else "describe"
        ),
        workers=lambda wildcards, threads: threads if DETECTION.checks_images else "",
        splits=DETECTION.splits,
        version=CocoDataset.version(),
    message:
        "Count and fingerprint the images and boxes of {input.folder}"


rule train_detector:
    input:
        dataset=DETECTION.dataset,
        recipe=lambda wildcards: recipe(DETECTION.recipe_of(wildcards.detector)),
        backbone=lambda wildcards: DETECTION.backbone_weights(
            wildcards.detector, wildcards.seed
        ),
    output:
        weights=f"{RESULTS}/detection/{{detector}}/seed{{seed}}/train/model.safetensors",
        history=f"{RESULTS}/detection/{{detector}}/seed{{seed}}/train/history.jsonl",
        provenance=f"{RESULTS}/detection/{{detector}}/seed{{seed}}/train/provenance.json",
    log:
        f"{LOGS}/train/{{detector}}-seed{{seed}}.log",
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
        data=lambda wildcards, input: images(DETECTION, input),
        options=lambda wildcards: DETECTION.options_of(wildcards.detector),
        device=CONFIG.device,
        # All that may change the weights; a cosmetic edit of the recipe or the code does not retrain.
        training_hash=lambda wildcards: DETECTION.training_hash(wildcards.detector),
    message:
        "Train {wildcards.detector}, seed {wildcards.seed}"
    shell:
        f"exec {DCANET} train "
        "--model {wildcards.detector} --seed {wildcards.seed} --data {params.data:q} "
        "--dataset {input.dataset:q} --recipe {input.recipe:q} --backbone {input.backbone:q} "
        "--device {params.device} "
        "--nodes {resources.nodes} --processes {resources.ranks} --threads {resources.rank_threads} "
        "--workers {resources.loaders} --save-minutes {resources.save_minutes} --on-warning {resources.on_warning} "
        "{params.options:q} "
        "--state {params.state:q} --out {params.folder:q} > {log:q} 2>&1"


use rule convert_weights as convert_detector with:
    output:
        weights=f"{RESULTS}/detection/{{model}}/pretrained/train/model.safetensors",
        history=f"{RESULTS}/detection/{{model}}/pretrained/train/history.jsonl",
        provenance=f"{RESULTS}/detection/{{model}}/pretrained/train/provenance.json",


rule evaluate_detector:
    input:
        weights=f"{RESULTS}/detection/{{detector}}/{{run}}/train/model.safetensors",
        dataset=DETECTION.dataset,
    output:
        metrics=f"{RESULTS}/detection/{{detector}}/{{run}}/eval/metrics.json",
        detections=f"{RESULTS}/detection/{{detector}}/{{run}}/eval/detections.parquet",
        bootstrap=f"{RESULTS}/detection/{{detector}}/{{run}}/eval/bootstrap.json",
        provenance=f"{RESULTS}/detection/{{detector}}/{{run}}/eval/provenance.json",
    log:
        f"{LOGS}/evaluate/{{detector}}-{{run}}.log",
    conda:
        "../envs/dcanet.yaml"
    threads: PLAN.evaluation_threads
    resources:
        **PLAN.resources_of(CONFIG.evaluation),
    params:
        folder=subpath(output.metrics, parent=True),
        # So that results of an older form are made again.
        version=DetectionMetrics.version(),
        data=lambda wildcards, input: images(DETECTION, input),
        device=CONFIG.device,
    message:
        "Evaluate {wildcards.detector}, {wildcards.run}"
    shell:
        f"exec {DCANET} evaluate "
        "--weights {input.weights:q} --data {params.data:q} --dataset {input.dataset:q} "
        "--device {params.device} "
        "--nodes {resources.nodes} --processes {resources.ranks} --threads {resources.rank_threads} "
        "--workers {resources.loaders} --out {params.folder:q} > {log:q} 2>&1"


# Drawn here, so that the report needs no images.
rule draw_detections:
    input:
        dataset=DETECTION.dataset,
        baseline=lambda wildcards: detections_of(
            DETECTION.baseline_of(wildcards.detector)
        ),
        detector=lambda wildcards: detections_of(wildcards.detector),
    output:
        pictures=f"{RESULTS}/detection/{{detector}}/pictures.json",
    log:
        f"{LOGS}/draw/{{detector}}.log",
    conda:
        "../envs/dcanet.yaml"
    params:
        baseline=lambda wildcards: DETECTION.baseline_of(wildcards.detector),
        data=lambda wildcards, input: images(DETECTION, input),
        version=DetectionPictures.version(),
    message:
        "Draw what {wildcards.detector} and its baseline find"
    shell:
        f"{DCANET} draw "
        "--data {params.data:q} --dataset {input.dataset:q} "
        "--baseline {params.baseline}={input.baseline:q} --detector {wildcards.detector}={input.detector:q} "
        "--out {output.pictures:q} > {log:q} 2>&1"
