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
        statistics=rules.statistics.output[0],
        flips=rules.thumbnails.output,
        focuses=focuses(),
        pairs=local(CONFIG.pairs_sheet),
        detectors=local(CONFIG.detectors_sheet),
    output:
        page=report(
            "report/index.html",
            caption="../report/page.rst",
            category="Report",
            labels={"content": "Everything", "format": "HTML"},
        ),
        markdown=report(
            "report/tables.md",
            caption="../report/tables.rst",
            category="Tables",
            labels={"content": "Tables 1 and 2", "format": "Markdown"},
        ),
        table1=report(
            "report/table1.csv",
            caption="../report/table1.rst",
            category="Tables",
            labels={"content": "Table 1", "format": "CSV"},
        ),
        table2=report(
            "report/table2.csv",
            caption="../report/table2.rst",
            category="Tables",
            labels={"content": "Table 2", "format": "CSV"},
        ),
        latex1=report(
            "report/table1.tex",
            caption="../report/table1.rst",
            category="Tables",
            labels={"content": "Table 1", "format": "LaTeX"},
        ),
        latex2=report(
            "report/table2.tex",
            caption="../report/table2.rst",
            category="Tables",
            labels={"content": "Table 2", "format": "LaTeX"},
        ),
    log:
        f"{LOGS}/report.log",
    localrule: True
    conda:
        "../envs/dcanet.yaml"
    params:
        results=subpath(input.statistics, parent=True),
        folder=subpath(output.page, parent=True),
        data_note=CONFIG.data.note,
        detection_note=(
            CONFIG.detection.data.note if CONFIG.detection else "COCO val2017"
        ),
        also=PLAN.own.pairs_arguments,
        pretrained=["--pretrained", *PLAN.pretrained] if PLAN.pretrained else [],
        renderer=PLAN.renderer_hash(),
    message:
        "Render the report"
    shell:
        f"{DCANET} report "
        '{params.results:q} --logs "$(dirname {log:q})" --pairs {input.pairs:q} '
        "--detectors {input.detectors:q} --data-note {params.data_note:q} "
        "--detection-note {params.detection_note:q} {params.also:q} {params.pretrained:q} "
        "--out {params.folder:q} "
        "> {log:q} 2>&1"
