//! What ARM's types say of their properties: one that only Azure sets is never rendered, and one
//! that Azure never tells is never compared.

use std::collections::BTreeMap;

use backstay::plan::Resource;
use serde_json::Value;

use super::{both, planned, rendered, repository};

/// Reference data beside the checkout, on machines that have it.
const FLAGS: &str = "/work/shared/azure/arm-property-flags.json";

/// TYPE → path → flags.
type Flags = BTreeMap<String, BTreeMap<String, Vec<String>>>;

fn flags() -> Option<Flags> {
    let text = std::fs::read_to_string(FLAGS).ok()?;
    let all: BTreeMap<String, BTreeMap<String, Value>> = serde_json::from_str(&text).unwrap();
    let flags = |value: &Value| {
        let flags = value["flags"].as_array();
        let flags = flags.into_iter().flatten();
        flags
            .map(|flag| flag.as_str().unwrap().to_owned())
            .collect()
    };
    Some(
        all.into_iter()
            .map(|(kind, paths)| {
                let kind = kind.split_once('@').unwrap().0.to_owned();
                let paths = paths
                    .iter()
                    .map(|(path, value)| (path.clone(), flags(value)));
                (kind, paths.collect())
            })
            .collect(),
    )
}

/// Every path of a value, in the words of the flags: `properties.rules[].name`.
fn paths(value: &Value, at: &str, into: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let path = match at {
                    "" => name.clone(),
                    _ => format!("{at}.{name}"),
                };
                into.push(path.clone());
                paths(member, &path, into);
            }
        }
        Value::Array(members) => {
            for member in members {
                paths(member, &format!("{at}[]"), into);
            }
        }
        _ => {}
    }
}

/// A pointer of ours in those words, where `*` may be a member of a list or of an object.
fn is_at(pointer: &str, path: &str) -> bool {
    let path = path.replace("[]", ".[]");
    let steps: Vec<_> = pointer[1..].split('/').collect();
    let theirs: Vec<_> = path.split('.').collect();
    steps.len() == theirs.len()
        && steps
            .iter()
            .zip(theirs)
            .all(|(step, their)| *step == "*" || *step == their)
}

#[test]
fn only_azure_sets_what_is_read_only_and_what_it_never_tells_is_not_compared() {
    let Some(flags) = flags() else {
        return;
    };
    let mut seen = 0;
    let mut untold = 0;
    for plan in [repository(), planned(&[("p.yaml", &both("value"))])] {
        for artifact in rendered(&plan) {
            let is_template =
                artifact.path.starts_with("azure/") && !artifact.path.contains(".parameters.");
            if !is_template {
                continue;
            }
            let template: Value = serde_json::from_str(&artifact.text).unwrap();
            for resource in template["resources"].as_array().unwrap() {
                let kind = resource["type"].as_str().unwrap();
                let Some(flags) = flags.get(kind) else {
                    continue;
                };
                let name = resource["name"].as_str().unwrap();
                let own = |it: &&Resource| {
                    let tree = it.body.tree();
                    it.body.kind() == kind && tree["name"] == name
                };
                let planned = plan.resources.iter().find(own).expect(name);
                let mut all = Vec::new();
                paths(resource, "", &mut all);
                for path in &all {
                    // A template says which type and version it is written for.
                    let named = ["type", "apiVersion"].contains(&path.as_str());
                    let flags = flags.get(path).map_or(&[][..], Vec::as_slice);
                    assert!(
                        named || !flags.contains(&"readOnly".to_owned()),
                        "{}: {path} is Azure's to set",
                        artifact.path
                    );
                    seen += 1;
                    if flags.contains(&"writeOnly".to_owned()) {
                        let mut listed = planned.body.not_compared();
                        assert!(
                            listed.any(|it| is_at(it.path, path)),
                            "{}: {path} is rendered and never told, and nobody says so",
                            artifact.path
                        );
                        untold += 1;
                    }
                }
            }
        }
        for resource in &plan.resources {
            let Some(flags) = flags.get(resource.body.kind()) else {
                continue;
            };
            let untold = flags
                .iter()
                .filter(|(_, flags)| flags.contains(&"writeOnly".to_owned()));
            for (path, _) in untold {
                for property in resource.body.properties() {
                    assert!(
                        !is_at(property.path, path),
                        "{}: {path} is never told",
                        resource.address
                    );
                }
            }
            for property in resource.body.not_compared() {
                let told = flags.iter().any(|(path, flags)| {
                    is_at(property.path, path) && !flags.contains(&"writeOnly".to_owned())
                });
                assert!(
                    !told,
                    "{}: {} is told, and can be compared",
                    resource.address, property.path
                );
            }
        }
    }
    assert!(seen > 50, "{seen} paths");
    assert!(untold > 2, "{untold} paths");
}
