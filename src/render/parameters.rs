//! Parameter files of ARM templates: from where a deployment takes its secrets, never the secrets.

use serde_json::{Value, json};

use crate::plan::{Owner, Purpose, Resource};

/// The parameter file of a template that has parameters, below the output folder.
pub(super) fn path(owner: &Owner) -> Option<String> {
    match owner {
        Owner::Template {
            file,
            purpose: Purpose::Database,
        } => Some(file.replace(".json", ".parameters.json")),
        _ => None,
    }
}

/// Each secure parameter of the template is a secret of the Key Vault; without one the client asks for
/// it. Parameters with a default are left to the template.
pub(super) fn document(template: &Value, first: &Resource, key_vault: Option<&String>) -> Value {
    let declared = template["parameters"].as_object().into_iter().flatten();
    let secure = declared.filter(|(_, parameter)| {
        let kind = parameter["type"].as_str().unwrap_or_default();
        kind.to_ascii_lowercase().starts_with("secure") && parameter.get("defaultValue").is_none()
    });
    let parameters: serde_json::Map<String, Value> = secure
        .zip(key_vault.into_iter().cycle())
        .map(|((name, _), vault)| {
            let secret = format!("{}-{}", first.address.name, kebab(name));
            let reference = json!({ "keyVault": { "id": vault }, "secretName": secret });
            (name.clone(), json!({ "reference": reference }))
        })
        .collect();
    json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
        "contentVersion": "1.0.0.0",
        "parameters": parameters,
    })
}

/// `administratorLoginPassword` as a Key Vault names secrets: letters, digits and hyphens.
fn kebab(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push('-');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}
