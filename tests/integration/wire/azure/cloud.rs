//! A Resource Manager that holds what was deployed, and answers as its reference documents: the
//! deployed properties, what the services fill in beside them, and their odd case.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::{access, alerts, backup};
use wiremock::{Request, Respond, ResponseTemplate};

/// One subscription's resource groups by the policy's locations, as `az deployment` is told them.
pub type Groups = &'static [(&'static str, &'static str, &'static str)];

/// What is deployed.
#[derive(Debug, Clone, Default)]
pub struct Cloud {
    pub servers: Vec<Value>,
    /// Management policies by the path of their account, in lower case.
    pub policies: BTreeMap<String, Value>,
    /// Everything that is asked for by its id, which is the key in lower case.
    pub others: BTreeMap<String, Value>,
    /// Servers on a page of the list; everything on one page where there is none.
    pub page: Option<usize>,
    /// A server that the list leaves out, as for a reader of its group alone.
    pub unlisted: Option<&'static str>,
    /// The end of a path that is refused, with status and code.
    pub refused: Option<(&'static str, u16, &'static str)>,
}

impl Cloud {
    /// Deploys every rendered ARM template below a folder.
    pub fn deploy(&mut self, folder: &Path, groups: Groups) {
        for (location, subscription, group) in groups {
            let Ok(files) = std::fs::read_dir(folder.join("azure").join(location)) else {
                continue;
            };
            for file in files {
                let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
                let template: Value = serde_json::from_str(&text).unwrap();
                if template["$schema"].as_str().unwrap().contains("Parameters") {
                    continue;
                }
                for resource in template["resources"].as_array().unwrap() {
                    self.create(resource, subscription, group);
                }
            }
        }
    }

    fn create(&mut self, resource: &Value, subscription: &str, group: &str) {
        let resource = evaluated(resource).unwrap();
        let name = resource["name"].as_str().unwrap();
        match resource["type"].as_str().unwrap() {
            "Microsoft.DBforPostgreSQL/flexibleServers" => {
                self.servers.push(server(&resource, subscription, group));
            }
            "Microsoft.Storage/storageAccounts/managementPolicies" => {
                let account = name.strip_suffix("/default").unwrap();
                let path = policy_path(subscription, group, account);
                let policy = policy(&resource, &path);
                self.policies.insert(path.to_ascii_lowercase(), policy);
            }
            "Microsoft.Storage/storageAccounts/blobServices/containers" => {
                self.put(subscription, group, &resource, container());
            }
            "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies" => {
                self.put(subscription, group, &resource, immutability());
            }
            "Microsoft.Authorization/locks" => self.put(subscription, group, &resource, json!({})),
            kind if kind.starts_with("Microsoft.DataProtection/") => {
                let path = backup::path(subscription, group, kind, name);
                let answer = backup::answer(&resource, &path);
                self.others.insert(path.to_ascii_lowercase(), answer);
            }
            kind if kind.starts_with("Microsoft.Insights/")
                || kind == "Microsoft.AlertsManagement/actionRules" =>
            {
                let id = resource_id(subscription, group, kind, name);
                let answer = alerts::answer(&resource, &id);
                self.others.insert(id.to_ascii_lowercase(), answer);
            }
            kind if kind.starts_with("Microsoft.ManagedIdentity/")
                || kind == "Microsoft.Authorization/roleDefinitions" =>
            {
                let id = resource_id(subscription, group, kind, name);
                let answer = access::answer(&resource, &id);
                self.others.insert(id.to_ascii_lowercase(), answer);
            }
            "Microsoft.Authorization/roleAssignments" => {
                let whole = format!("/subscriptions/{subscription}/resourceGroups/{group}");
                let scope = resource["scope"].as_str().unwrap_or(&whole);
                let path =
                    format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}");
                let mut answer = json!({
                    "id": path, "name": name, "type": "Microsoft.Authorization/roleAssignments",
                    "properties": resource["properties"],
                });
                answer["properties"]["principalId"] = json!("33333333-3333-3333-3333-333333333333");
                answer["properties"]["scope"] = json!(scope);
                self.others.insert(path.to_ascii_lowercase(), answer);
            }
            other => panic!("nobody said what ARM answers for {other}"),
        }
    }

    /// Puts a resource, with what its service fills in.
    pub fn put(&mut self, subscription: &str, group: &str, resource: &Value, filled_in: Value) {
        let text = |key: &str| resource[key].as_str().unwrap();
        let id = match resource["scope"].as_str() {
            Some(scope) => format!("{scope}/providers/{}/{}", text("type"), text("name")),
            None => resource_id(subscription, group, text("type"), text("name")),
        };
        let mut answer = json!({
            "id": id,
            "name": text("name").rsplit('/').next(),
            "type": text("type").to_ascii_lowercase(),
            "properties": resource["properties"],
        });
        fill(&mut answer, filled_in);
        self.others.insert(id.to_ascii_lowercase(), answer);
    }

    /// The one resource whose id ends so.
    pub fn other(&mut self, end: &str) -> &mut Value {
        let named = |(id, _): &(&String, &mut Value)| id.ends_with(&end.to_ascii_lowercase());
        let mut found = self.others.iter_mut().filter(named);
        match (found.next(), found.next()) {
            (Some((_, resource)), None) => resource,
            _ => panic!("{end} is not the end of one id"),
        }
    }

    /// The server of a name, which ARM may have in another case.
    pub fn server(&mut self, name: &str) -> &mut Value {
        let named = |server: &&mut Value| {
            let own = server["name"].as_str().unwrap_or_default();
            own.eq_ignore_ascii_case(name)
        };
        self.servers.iter_mut().find(named).expect("it is deployed")
    }

    /// Somebody sets a value of a server by hand.
    pub fn set(&mut self, name: &str, pointer: &str, value: Value) {
        *self.server(name).pointer_mut(pointer).expect("a property") = value;
    }

    /// The rules of the one management policy.
    pub fn rules(&mut self) -> &mut Vec<Value> {
        let policy = self.policies.values_mut().next().expect("a policy");
        let rules = &mut policy["properties"]["policy"]["rules"];
        rules.as_array_mut().expect("rules")
    }

    pub fn rule(&mut self, name: &str) -> &mut Value {
        let named = |rule: &&mut Value| rule["name"] == name;
        self.rules().iter_mut().find(named).expect("the rule")
    }

    /// A page of what a vault backs up.
    fn instances(&self, request: &Request, path: &str) -> ResponseTemplate {
        let vault = path.strip_suffix("/backupinstances").unwrap();
        if !self.others.contains_key(vault) {
            return refusal(404, "ResourceNotFound");
        }
        let within = |(id, _): &(&String, &Value)| id.starts_with(&format!("{path}/"));
        let listed = self.others.iter().filter(within).map(|(_, answer)| answer);
        self.paged(request, listed.collect())
    }

    fn leaves_out(&self, server: &Value) -> bool {
        self.unlisted.is_some_and(|name| server["name"] == name)
    }

    /// A page of a subscription's servers.
    fn list(&self, request: &Request, subscription: &str) -> ResponseTemplate {
        let own = format!("/subscriptions/{subscription}/");
        let own = |server: &&Value| id(server).starts_with(&own) && !self.leaves_out(server);
        let servers: Vec<&Value> = self.servers.iter().filter(own).collect();
        self.paged(request, servers)
    }

    /// A page of a subscription's vaults.
    fn vaults(&self, request: &Request, subscription: &str) -> ResponseTemplate {
        let own = format!("/subscriptions/{subscription}/");
        let is_vault = |id: &str| {
            let mut steps = id.rsplit('/');
            id.starts_with(&own) && steps.nth(1) == Some("backupvaults")
        };
        let vaults = self.others.iter().filter(|(id, _)| is_vault(id));
        self.paged(request, vaults.map(|(_, vault)| vault).collect())
    }

    fn paged(&self, request: &Request, members: Vec<&Value>) -> ResponseTemplate {
        let query = |wanted: &str| {
            let mut pairs = request.url.query_pairs();
            pairs
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.into_owned())
        };
        let start: usize = query("$skiptoken").map_or(0, |token| token.parse().unwrap());
        let end = (start + self.page.unwrap_or(members.len())).min(members.len());
        let mut answer = json!({ "value": members[start..end] });
        if end < members.len() {
            let host = request.headers["host"].to_str().unwrap();
            let (path, version) = (request.url.path(), query("api-version").unwrap());
            let link = format!("http://{host}{path}?api-version={version}&%24skiptoken={end}");
            answer["nextLink"] = link.into();
        }
        ResponseTemplate::new(200).set_body_json(answer)
    }
}

impl Respond for Cloud {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let token = request.headers.get("authorization");
        if token.is_none_or(|token| token != "Bearer very-secret-token") {
            return refusal(401, "AuthenticationFailed");
        }
        if !request
            .url
            .query_pairs()
            .any(|(key, _)| key == "api-version")
        {
            return refusal(400, "MissingApiVersionParameter");
        }
        let path = request.url.path().to_ascii_lowercase();
        if let Some((end, status, code)) = self.refused
            && path.ends_with(end)
        {
            return refusal(status, code);
        }
        let steps: Vec<&str> = path.split('/').skip(1).collect();
        match steps[..] {
            [
                "subscriptions",
                subscription,
                "providers",
                "microsoft.dbforpostgresql",
                "flexibleservers",
            ] => self.list(request, subscription),
            [
                "subscriptions",
                subscription,
                "providers",
                "microsoft.dataprotection",
                "backupvaults",
            ] => self.vaults(request, subscription),
            [.., "flexibleservers", _] => match self.servers.iter().find(|it| id(it) == path) {
                Some(server) => ResponseTemplate::new(200).set_body_json(server),
                None => refusal(404, "ResourceNotFound"),
            },
            [.., "managementpolicies", "default"] => match self.policies.get(&path) {
                Some(policy) => ResponseTemplate::new(200).set_body_json(policy),
                None => refusal(404, "ManagementPolicyNotFound"),
            },
            [.., "backupvaults", _, "backupinstances"] => self.instances(request, &path),
            // Nothing was backed up yet.
            [.., "flexibleservers", _, "backups"]
            | [.., "backupinstances", _, "recoverypoints"] => self.paged(request, Vec::new()),
            _ => match self.others.get(&path) {
                Some(resource) => ResponseTemplate::new(200).set_body_json(resource),
                None => refusal(404, "ResourceNotFound"),
            },
        }
    }
}

/// The id of a resource in the steps of its type and name.
fn resource_id(subscription: &str, group: &str, kind: &str, name: &str) -> String {
    let (namespace, kinds) = kind.split_once('/').unwrap();
    let steps = kinds.split('/').zip(name.split('/'));
    let steps: Vec<String> = steps.map(|(kind, name)| format!("{kind}/{name}")).collect();
    let group = format!("/subscriptions/{subscription}/resourceGroups/{group}");
    format!("{group}/providers/{namespace}/{}", steps.join("/"))
}

/// What the service adds to any container. The documented example has each of these.
fn container() -> Value {
    json!({
        "etag": "\"0x8D592D74CC20EBA\"",
        "properties": {
            "publicAccess": "None",
            "leaseStatus": "Unlocked",
            "leaseState": "Available",
            "lastModifiedTime": "2026-11-01T21:07:27Z",
            "hasImmutabilityPolicy": false,
            "hasLegalHold": false,
            "deleted": false,
            "remainingRetentionDays": 0,
            "defaultEncryptionScope": "$account-encryption-key",
        },
    })
}

fn immutability() -> Value {
    json!({ "etag": "\"8d59f830cb130e5\"", "properties": { "state": "Unlocked" } })
}

fn id(server: &Value) -> String {
    server["id"].as_str().unwrap().to_ascii_lowercase()
}

/// An error in the form of ARM's. Nobody's report may repeat its text, which can hold anything.
pub fn refusal(status: u16, code: &str) -> ResponseTemplate {
    let body = json!({ "error": { "code": code, "message": "very-secret-password" } });
    ResponseTemplate::new(status).set_body_json(body)
}

pub fn policy_path(subscription: &str, group: &str, account: &str) -> String {
    format!(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Storage\
         /storageAccounts/{account}/managementPolicies/default"
    )
}

/// What ARM makes of a template's texts: `[[a]` is `[a]`, and `[…]` an expression. Those here are
/// parameters that are write-only, so they are never answered, and numbers that ARM alone knows.
fn evaluated(value: &Value) -> Option<Value> {
    Some(match value {
        Value::String(text) => match text.strip_prefix('[').filter(|_| text.ends_with(']')) {
            Some(rest) if rest.starts_with('[') => rest.into(),
            Some(expression) => {
                let known = ["parameters(", "reference("];
                let known = known.iter().any(|start| expression.starts_with(start));
                assert!(known, "{expression}");
                return None;
            }
            None => text.as_str().into(),
        },
        Value::Array(items) => items.iter().filter_map(evaluated).collect(),
        Value::Object(members) => members
            .iter()
            .filter_map(|(key, value)| Some((key.clone(), evaluated(value)?)))
            .collect(),
        other => other.clone(),
    })
}

/// Lays values into a tree where it has none of its own.
fn fill(tree: &mut Value, defaults: Value) {
    match (tree, defaults) {
        (Value::Object(tree), Value::Object(defaults)) => {
            for (key, value) in defaults {
                fill(tree.entry(key).or_insert(Value::Null), value);
            }
        }
        (tree, value) if tree.is_null() => *tree = value,
        _ => {}
    }
}

/// A server as the list answers it after its deployment: everything that the template said, and
/// what the service fills in.
fn server(resource: &Value, subscription: &str, group: &str) -> Value {
    let name = resource["name"].as_str().unwrap();
    let mut properties = resource["properties"].clone();
    // Write-only.
    let mode = properties.as_object_mut().unwrap().remove("createMode");
    if mode.is_some_and(|mode| mode == "Replica") {
        fill(&mut properties, copied());
    }
    let standby = match properties["highAvailability"]["mode"].as_str() {
        Some("Disabled") | None => json!({ "state": "NotEnabled" }),
        Some(_) => json!({ "state": "Healthy", "standbyAvailabilityZone": "2" }),
    };
    fill(&mut properties, filled_in(name));
    fill(&mut properties["highAvailability"], standby);
    let mut server = json!({
        "id": server_id(subscription, group, name),
        "name": name,
        "type": "Microsoft.DBForPostgreSql/flexibleservers",
        "location": display_name(resource["location"].as_str().unwrap()),
        "sku": resource["sku"],
        "systemData": { "createdAt": "2026-06-01T18:30:22.1234567Z" },
        "properties": properties,
    });
    if let Some(tags) = resource.get("tags") {
        server["tags"] = tags.clone();
    }
    if let Some(identity) = resource.get("identity") {
        server["identity"] = reached(identity);
    }
    let keys = &mut server["properties"]["dataEncryption"];
    if keys["type"] == "AzureKeyVault" {
        keys["primaryEncryptionKeyStatus"] = json!("Valid");
    }
    server
}

/// Identities as they are answered: in another case, each with ids of its own, and the system's beside
/// them where somebody turned that on.
fn reached(identity: &Value) -> Value {
    let members = identity["userAssignedIdentities"].as_object().unwrap();
    let told = json!({ "principalId": "11111111-1111-1111-1111-111111111111", "clientId": "22222222-2222-2222-2222-222222222222" });
    let members: serde_json::Map<String, Value> = members
        .keys()
        .map(|id| (id.replace("resourceGroups", "resourcegroups"), told.clone()))
        .collect();
    json!({
        "type": "SystemAssigned,UserAssigned",
        "userAssignedIdentities": members,
        "principalId": "33333333-3333-3333-3333-333333333333",
        "tenantId": "44444444-4444-4444-4444-444444444444",
    })
}

/// What the service adds to any server. The documented example has each of these.
fn filled_in(name: &str) -> Value {
    json!({
        "replica": { "role": "Primary", "capacity": 5 },
        "storage": { "type": "", "iops": 500, "tier": "P10", "autoGrow": "Disabled" },
        "network": { "publicNetworkAccess": "Enabled" },
        "privateEndpointConnections": [],
        "dataEncryption": { "type": "SystemManaged" },
        "authConfig": { "activeDirectoryAuth": "Disabled", "passwordAuth": "Enabled" },
        "fullyQualifiedDomainName": format!("{name}.postgres.database.azure.com"),
        "minorVersion": "9",
        "state": "Ready",
        "availabilityZone": "1",
        "backup": {
            "backupRetentionDays": 7,
            "geoRedundantBackup": "Disabled",
            "earliestRestoreDate": "2026-06-01T18:35:22.1234567+00:00",
        },
        "highAvailability": { "mode": "Disabled" },
        "maintenanceWindow":
            { "customWindow": "Disabled", "dayOfWeek": 0, "startHour": 0, "startMinute": 0 },
        "replicationRole": "Primary",
        "replicaCapacity": 5,
    })
}

/// What the service adds to a replica: the source's login and version, and a block of backups that
/// are not its own. The documented example has each of these.
fn copied() -> Value {
    json!({
        "replica": { "role": "AsyncReplica", "capacity": 0 },
        "replicationRole": "AsyncReplica",
        "replicaCapacity": 0,
        "administratorLogin": "pgadmin",
        "version": "16",
        "backup": { "backupRetentionDays": 7, "geoRedundantBackup": "Disabled" },
    })
}

/// A server's id, in the case that ARM likes that day.
pub fn server_id(subscription: &str, group: &str, name: &str) -> String {
    format!(
        "/subscriptions/{subscription}/resourceGroups/{}/providers\
         /Microsoft.DBForPostgreSql/flexibleservers/{name}",
        group.to_ascii_uppercase()
    )
}

/// Regions come back by their display names.
fn display_name(region: &str) -> &str {
    match region {
        "eastus" => "East US",
        "westeurope" => "West Europe",
        "westus2" => "West US 2",
        other => panic!("nobody said how ARM calls {other}"),
    }
}

/// The policy as it is answered: under a name of its own, its rules in another order, days with a
/// fraction.
fn policy(resource: &Value, path: &str) -> Value {
    let mut policy = resource["properties"]["policy"].clone();
    policy["rules"].as_array_mut().unwrap().reverse();
    with_fractions(&mut policy);
    json!({
        "id": path,
        "name": "DefaultManagementPolicy",
        "type": "Microsoft.Storage/storageAccounts/managementPolicies",
        "properties": { "lastModifiedTime": "2026-11-01T03:01:55.7168089Z", "policy": policy },
    })
}

fn with_fractions(tree: &mut Value) {
    match tree {
        Value::Number(number) => *tree = number.as_f64().into(),
        Value::Array(items) => items.iter_mut().for_each(with_fractions),
        Value::Object(members) => members.values_mut().for_each(with_fractions),
        _ => {}
    }
}
