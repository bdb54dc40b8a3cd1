"""Renders a chart and checks what comes of it: values on standard input, what became of each on standard output.

In:  {"chart": FOLDER, "kubernetes": "1.34", "values": [{...}, ...]}
Out: [{"refused": TEXT} or {"documents": [{...}, ...]}, ...]
"""

import json
import sys

import kubernetes_validate
import yaml
from helm_python import chart as charts


def documents(rendered):
    for path, text in sorted(rendered.items()):
        if path.endswith((".yaml", ".yml")):
            yield from (it for it in yaml.safe_load_all(text) if it)


def became(asked, values):
    chart = charts.Chart.load(asked["chart"])
    try:
        chart.validate_schema(values)
        found = list(documents(chart.render(values, name="live", namespace="cricket")))
    except Exception as refused:
        return {"refused": str(refused)}
    for it in found:
        kubernetes_validate.validate(it, asked["kubernetes"], strict=True)
    return {"documents": found}


asked = json.load(sys.stdin)
findings = charts.lint(asked["chart"])
print(json.dumps({"lint": findings, "became": [became(asked, it) for it in asked["values"]]}))
