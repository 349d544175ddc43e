rule report:
    input:
        metrics=classification("eval/metrics.json"),
        tests=tests(),
        histories=classification("train/history.jsonl"),
        detection=detection("eval/metrics.json"),
        bootstraps=detection("eval/bootstrap.json"),
        pictures=pictures(),
        costs=costs(),
        throughputs=throughputs(),
        plan=rules.plan.output,
        statistics=rules.statistics.output,
        flips=rules.thumbnails.output,
        pairs=CONFIG.pairs_sheet,
        detectors=CONFIG.detectors_sheet,
    output:
        page=report(
            "report/index.html",
            caption="../report/page.rst",
            category="Report",
            labels={"page": "Tables 1 and 2"},
        ),
        markdown=report(
            "report/tables.md",
            caption="../report/tables.rst",
            category="Report",
            labels={"page": "Markdown"},
        ),
        table1="report/table1.csv",
        table2="report/table2.csv",
        latex1="report/table1.tex",
        latex2="report/table2.tex",
    log:
        f"{LOGS}/report.log",
    conda:
        "../envs/dcanet.yaml"
    params:
        results=lambda wildcards: RESULTS,
        logs=lambda wildcards: LOGS,
        folder=subpath(output.page, parent=True),
        data_note=CONFIG.data.note,
        detection_note=(
            CONFIG.detection.data.note if CONFIG.detection else "COCO val2017"
        ),
        pretrained=["--pretrained", *PLAN.pretrained] if PLAN.pretrained else [],
        renderer=PLAN.renderer_hash(),
    message:
        "Render the report"
    shell:
        "dcanet report {params.results:q} --logs {params.logs:q} --pairs {input.pairs:q} "
        "--detectors {input.detectors:q} --data-note {params.data_note:q} "
        "--detection-note {params.detection_note:q} {params.pretrained:q} "
        "--out {params.folder:q} "
        "> {log:q} 2>&1"
