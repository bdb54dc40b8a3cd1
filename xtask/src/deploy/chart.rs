//! The chart: rendered by Helm's own code, checked against Kubernetes' schemas, and for what we promise of it.

use crate::{install, process, workspace};
use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

/// Of PyPI: Helm 4 as a library, and the schemas of Kubernetes.
const TOOLS: [&str; 2] = ["helm-python-sdk==0.2.2", "kubernetes-validate==1.37.0"];
const KUBERNETES: &str = "1.34";
const RENDER: &str = include_str!("render.py");
/// Roles that have a Deployment each.
const ROLES: [&str; 4] = ["edge", "api", "ingest", "worker"];

/// What Helm makes of the chart with each of these values: documents, or why it refused.
fn rendered(values: &Value) -> anyhow::Result<Vec<Result<Vec<Value>, String>>> {
    let python = install::pip_tools("chart", &TOOLS)?.join("python");
    let chart = workspace::root().join("deploy/helm/crease");
    let asked = json!({ "chart": chart, "kubernetes": KUBERNETES, "values": values });
    let mut command = Command::new(python);
    command.args(["-c", RENDER]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().context("starting the chart's renderer")?;
    child.stdin.take().context("its input")?.write_all(asked.to_string().as_bytes())?;
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the chart is not valid:\n{}", process::tail(&said, 20));
    let answer: Value = serde_json::from_slice(&output.stdout).context("what the renderer says")?;
    let lint = &answer["lint"];
    ensure!(lint["errors"] == json!([]), "the chart has faults: {lint}");
    let became = answer["became"].as_array().context("what became of the values")?;
    Ok(became
        .iter()
        .map(|it| match it["refused"].as_str() {
            Some(why) => Err(why.to_owned()),
            None => Ok(it["documents"].as_array().cloned().unwrap_or_default()),
        })
        .collect())
}

/// Everything that can be switched on.
fn whole() -> Value {
    json!({
        "edge": { "replicas": 3, "autoscaling": { "enabled": true, "max": 9, "streams": 50_000 } },
        "api": { "replicas": 2, "autoscaling": { "enabled": true } },
        "worker": { "replicas": 2, "autoscaling": { "enabled": true } },
        "markets": { "enabled": true },
        "ingress": { "enabled": true, "tlsSecret": "crease-tls" },
        "telemetry": { "otlp": "http://collector:4317" },
        "config": "[http]\ntrusted_proxies = [\"10.1.0.0/16\"]\n"
    })
}

/// Renders it as it comes and with everything, and sees that wrong values are refused.
pub(super) fn check(settings: &BTreeSet<String>, metrics: &dyn Fn(&str) -> bool) -> anyhow::Result<()> {
    let wrong = [
        json!({ "edge": { "replicas": -1 } }),
        json!({ "edge": { "replicas": "many" } }),
        json!({ "edgee": {} }),
        json!({ "existingSecret": "" }),
        json!({ "markets": { "enabled": true, "storage": { "size": "ten" } } }),
        json!({ "telemetry": { "otlp": "collector:4317" } }),
        json!({ "networkPolicy": { "databases": [{ "cidr": "10.0.0.0", "ports": [5432] }] } }),
    ];
    let mut values = vec![json!({}), whole()];
    values.extend(wrong.iter().cloned());
    let mut became = rendered(&Value::from(values))?.into_iter();
    for _ in 0..2 {
        let documents = became.next().context("an answer for each")?.map_err(anyhow::Error::msg)?;
        let faults = faults(&documents, settings, metrics);
        ensure!(faults.is_empty(), "the chart breaks what is promised of it:\n{}", faults.join("\n"));
    }
    for (values, became) in wrong.iter().zip(became) {
        if became.is_ok() {
            bail!("the chart takes {values}");
        }
    }
    Ok(())
}

/// What does not hold of these documents.
fn faults(documents: &[Value], settings: &BTreeSet<String>, metrics: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut faults = Vec::new();
    let mut no = |what: String| faults.push(what);
    let of_kind = |kind: &str| documents.iter().filter(move |it| it["kind"] == kind).collect::<Vec<_>>();
    let name = |it: &Value| it["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    for role in ROLES {
        for kind in ["Deployment", "PodDisruptionBudget"] {
            if !of_kind(kind).iter().any(|it| name(it) == format!("live-{role}")) {
                no(format!("{role} has no {kind}"));
            }
        }
    }
    let running = ["Deployment", "StatefulSet", "Job"].into_iter().flat_map(of_kind);
    for it in running {
        let (named, pod) = (name(it), &it["spec"]["template"]["spec"]);
        let container = &pod["containers"][0];
        let own = &container["securityContext"];
        for (fact, holds) in [
            ("runs as nobody in particular", pod["securityContext"]["runAsNonRoot"] == true),
            (
                "keeps the runtime's filter of calls",
                pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault",
            ),
            ("writes to no root", own["readOnlyRootFilesystem"] == true),
            ("gains no rights", own["allowPrivilegeEscalation"] == false),
            ("has no capabilities", own["capabilities"]["drop"] == json!(["ALL"])),
            ("has no token of the cluster", pod["automountServiceAccountToken"] == false),
            ("is one container", pod["containers"].as_array().is_some_and(|it| it.len() == 1)),
            ("has limits of memory", container["resources"]["limits"]["memory"].is_string()),
        ] {
            if !holds {
                no(format!("{named} should be so, and is not: it {fact}"));
            }
        }
        if it["kind"] != "Job" {
            for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
                if !container[probe]["httpGet"]["path"].is_string() {
                    no(format!("{named} has no {probe}"));
                }
            }
        }
        let seconds = |it: &Value| it.as_u64().unwrap_or_default();
        let environment = container["env"].as_array().map(Vec::as_slice).unwrap_or_default();
        let value = |wanted: &str| {
            environment
                .iter()
                .find(|it| it["name"] == wanted)
                .and_then(|it| it["value"].as_str())
                .unwrap_or_default()
        };
        let drain: u64 = value("CREASE__SHUTDOWN__DRAIN_SECONDS").parse().unwrap_or(u64::MAX);
        let before = seconds(&container["lifecycle"]["preStop"]["sleep"]["seconds"]);
        if seconds(&pod["terminationGracePeriodSeconds"]) <= drain.saturating_add(before) {
            no(format!("{named} is killed before its streams have said goodbye"));
        }
        for variable in environment.iter().filter_map(|it| it["name"].as_str()) {
            let setting = variable.strip_prefix("CREASE__").map(|it| it.to_lowercase().replace("__", "."));
            if let Some(setting) = setting.filter(|it| !settings.contains(it)) {
                no(format!("{named}: there is no setting {setting}"));
            }
            let is_secret = ["KEY", "SECRET", "PASSWORD", "URL"].iter().any(|it| variable.ends_with(it));
            if is_secret && !value(variable).is_empty() {
                no(format!("{named} has {variable} in the open"));
            }
        }
    }
    for it in of_kind("Deployment") {
        if it["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] != 0 {
            no(format!("{} has fewer while it is replaced", name(it)));
        }
    }
    for it in of_kind("HorizontalPodAutoscaler") {
        for metric in it["spec"]["metrics"].as_array().into_iter().flatten() {
            let named =
                ["pods", "external"].into_iter().find_map(|kind| metric[kind]["metric"]["name"].as_str());
            if let Some(unknown) = named.filter(|it| !metrics(it)) {
                no(format!("{} goes by {unknown}, which nobody counts", name(it)));
            }
        }
    }
    let rules =
        of_kind("Ingress").into_iter().flat_map(|it| it["spec"]["rules"].as_array().into_iter().flatten());
    for path in rules.flat_map(|it| it["http"]["paths"].as_array().into_iter().flatten()) {
        let shown = path["path"].as_str().unwrap_or_default();
        let is_all = path["pathType"] != "Exact" && shown == "/";
        if is_all || ["/metrics", "/healthz", "/readyz"].contains(&shown) {
            no(format!("the outside is led to {shown}, and what is for machines inside is there"));
        }
    }
    let migrates = of_kind("Job")
        .iter()
        .any(|it| it["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade");
    if !migrates {
        no("nothing migrates before an upgrade".to_owned());
    }
    if of_kind("NetworkPolicy").is_empty() {
        no("anybody may reach anything".to_owned());
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_pod_must_not_be_is_found() {
        let pod = |change: &dyn Fn(&mut Value)| {
            let mut document = json!({
                "kind": "StatefulSet", "metadata": { "name": "live-markets" },
                "spec": { "template": { "spec": {
                    "automountServiceAccountToken": false, "terminationGracePeriodSeconds": 40,
                    "securityContext": { "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } },
                    "containers": [{
                        "env": [{ "name": "CREASE__SHUTDOWN__DRAIN_SECONDS", "value": "20" }],
                        "resources": { "limits": { "memory": "1Gi" } },
                        "startupProbe": { "httpGet": { "path": "/" } },
                        "livenessProbe": { "httpGet": { "path": "/" } },
                        "readinessProbe": { "httpGet": { "path": "/" } },
                        "lifecycle": { "preStop": { "sleep": { "seconds": 5 } } },
                        "securityContext": {
                            "readOnlyRootFilesystem": true, "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] },
                        },
                    }],
                } } },
            });
            change(&mut document["spec"]["template"]["spec"]);
            let settings = BTreeSet::from(["shutdown.drain_seconds".to_owned()]);
            let found = faults(&[document], &settings, &|_| true);
            found.into_iter().filter(|it| it.starts_with("live-markets")).collect::<Vec<_>>()
        };
        assert_eq!(pod(&|_| {}), [""; 0]);
        type Change<'a> = &'a dyn Fn(&mut Value);
        let set = |it: &mut Value, name: &str| {
            let environment = it["containers"][0]["env"].as_array_mut().unwrap();
            environment.push(json!({ "name": name, "value": "x" }));
        };
        let changes: [(Change<'_>, &str); 6] = [
            (
                &|it| it["containers"][0]["securityContext"]["readOnlyRootFilesystem"] = false.into(),
                "writes to no root",
            ),
            (&|it| it["securityContext"]["runAsNonRoot"] = false.into(), "runs as nobody"),
            (&|it| it["containers"][0]["readinessProbe"] = Value::Null, "no readinessProbe"),
            (&|it| it["terminationGracePeriodSeconds"] = 25.into(), "killed before"),
            (&|it| set(it, "CREASE__HTTP__LISTENS"), "no setting http.listens"),
            (&|it| set(it, "DATABASE_URL"), "in the open"),
        ];
        for (change, fault) in changes {
            let found = pod(change);
            assert!(found.len() == 1 && found[0].contains(fault), "{fault}: {found:?}");
        }
    }
}
