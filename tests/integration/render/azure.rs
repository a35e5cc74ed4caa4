//! Storage accounts: what is rendered for the stores in them.

use backstay::plan::Body;
use backstay::render::{deploy_commands, restore_command};
use serde_json::{Value, json};

use super::{planned, rendered, text};

/// Stores as given, and one dump that is kept as given and goes to all of them.
fn stores(stores: &str, to: &str, retention: &str) -> String {
    format!(
        r#"version: 1
locations:
  east: {{ provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: group }}
  host: {{ provider: host, address: db-01.internal }}
stores:
{stores}
tiers:
  plain: {{}}
databases:
  app: {{ engine: postgres, at: host, id: app, tier: plain, retention: {{ {retention} }}, dump: {{ to: [{to}], databases: [app], schedule: "daily 01:43" }} }}
"#
    )
}

fn template(policy: &str, path: &str) -> Value {
    let artifacts = rendered(&planned(&[("p.yaml", policy)]));
    serde_json::from_str(text(&artifacts, path)).unwrap()
}

fn kinds(template: &Value) -> Vec<&str> {
    let resources = template["resources"].as_array().unwrap().iter();
    resources
        .map(|resource| {
            resource["type"]
                .as_str()
                .unwrap()
                .rsplit('/')
                .next()
                .unwrap()
        })
        .collect()
}

#[test]
fn the_stores_of_an_account_share_its_one_lifecycle_policy() {
    let policy = stores(
        "  one: { at: east, storage_account: account, container: first, redundancy: grs }
  two: { at: east, storage_account: account, container: second }",
        "one, two",
        "daily: 30d, monthly: 12mo",
    );
    let first = template(&policy, "azure/east/one.json");
    assert_eq!(kinds(&first), ["managementPolicies", "containers"]);
    let second = template(&policy, "azure/east/two.json");
    assert_eq!(kinds(&second), ["containers"]);
    let rules = first["resources"][0]["properties"]["policy"]["rules"]
        .as_array()
        .unwrap();
    let shown: Vec<_> = rules
        .iter()
        .map(|rule| (&rule["name"], &rule["definition"]["filters"]["prefixMatch"]))
        .collect();
    assert_eq!(
        shown,
        [
            (
                &json!("daily-30d"),
                &json!(["first/daily/", "second/daily/"])
            ),
            (
                &json!("monthly-366d"),
                &json!(["first/monthly/", "second/monthly/"])
            ),
        ]
    );
    let plan = planned(&[("p.yaml", &policy)]);
    let services = plan.resources.iter();
    let services = services.filter(|it| matches!(it.body, Body::BlobService(_)));
    assert_eq!(services.count(), 1, "an account has one Blob service");
}

/// Without a prefix a rule would be of the whole account, and of what else lies there.
#[test]
fn every_rule_is_of_one_class_in_one_container() {
    let mut policies = vec![super::repository()];
    for retention in [
        "daily: 30d",
        "daily: 7d, weekly: 4w, monthly: 12mo, yearly: 7y",
    ] {
        let policy = stores(
            "  one: { at: east, storage_account: account, container: first, redundancy: grs }",
            "one",
            retention,
        );
        policies.push(planned(&[("p.yaml", &policy)]));
    }
    let mut seen = 0;
    for plan in &policies {
        let bodies = plan.resources.iter().map(|it| &it.body);
        let rules = bodies.filter_map(|body| match body {
            Body::ManagementPolicy(policy) => Some(&policy.properties.policy.rules),
            _ => None,
        });
        for rule in rules.flatten() {
            let prefixes = &rule.definition.filters.prefix_match;
            assert!(!prefixes.is_empty() && prefixes.len() <= 10, "{rule:?}");
            for prefix in prefixes {
                let steps: Vec<&str> = prefix.split('/').collect();
                let [container, class, .., ""] = steps[..] else {
                    panic!("{prefix}");
                };
                assert!(!container.is_empty() && !prefix.contains('*'), "{prefix}");
                assert!(
                    ["daily", "weekly", "monthly", "yearly"].contains(&class),
                    "{prefix}"
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 5, "{seen}");
}

/// Azure takes no policy without a rule.
#[test]
fn a_store_without_dumps_has_no_lifecycle_policy() {
    let policy = stores(
        "  one: { at: east, storage_account: account, container: first, redundancy: grs }
  idle: { at: east, storage_account: idleaccount, container: first }",
        "one",
        "daily: 30d",
    );
    let idle = template(&policy, "azure/east/idle.json");
    assert_eq!(kinds(&idle), ["containers"]);
}

/// The age of a version counts from when the blob was written: a shorter time than the dump's own
/// removes an old dump for good soon after somebody has deleted it.
#[test]
fn deleted_and_overwritten_dumps_stay_as_long_as_the_dump_would() {
    for (retention, days) in [("daily: 7d", 7), ("daily: 30d", 30), ("yearly: 7y", 2557)] {
        let policy = stores(
            "  one: { at: east, storage_account: account, container: first, redundancy: grs }",
            "one",
            retention,
        );
        let template = template(&policy, "azure/east/one.json");
        let rule = &template["resources"][0]["properties"]["policy"]["rules"][0];
        let actions = &rule["definition"]["actions"];
        assert_eq!(
            actions["version"]["delete"]["daysAfterCreationGreaterThan"],
            days
        );
        let base = &actions["baseBlob"]["delete"];
        assert_eq!(base["daysAfterModificationGreaterThan"], days);
        let snapshot = actions["snapshot"]["delete"]["daysAfterCreationGreaterThan"].as_u64();
        assert!(snapshot.unwrap() <= days, "{snapshot:?}");
    }
}

/// Days in each colder tier must be paid for whether they pass or not, and only some redundancies
/// have an archive.
#[test]
fn blobs_move_colder_only_where_it_is_allowed_and_pays() {
    let tiers = |retention: &str, redundancy: &str| {
        let policy = stores(
            &format!(
                "  one: {{ at: east, storage_account: account, container: first{redundancy} }}"
            ),
            "one",
            retention,
        );
        let template = template(&policy, "azure/east/one.json");
        let rule = &template["resources"][0]["properties"]["policy"]["rules"][0];
        let base = rule["definition"]["actions"]["baseBlob"]
            .as_object()
            .unwrap();
        let days = |(action, when): (&String, &Value)| {
            let days = when["daysAfterModificationGreaterThan"].as_u64().unwrap();
            (action.clone(), days)
        };
        base.iter().map(days).collect::<Vec<_>>()
    };
    for redundancy in ["", "lrs", "grs", "ra_grs", "zrs", "gzrs", "ra_gzrs"] {
        let has_archive = ["lrs", "grs", "ra_grs"].contains(&redundancy);
        let written = match redundancy {
            "" => String::new(),
            redundancy => format!(", redundancy: {redundancy}"),
        };
        for days in [1, 30, 59, 60, 89, 90, 179, 180, 364, 365, 2557] {
            let tiers = tiers(&format!("daily: {days}d"), &written);
            let (delete, colder) = tiers.split_last().unwrap();
            assert_eq!(delete, &("delete".to_owned(), days));
            let ages: Vec<_> = colder.iter().map(|(_, age)| *age).collect();
            assert!(ages.is_sorted(), "{tiers:?}");
            for (index, (tier, age)) in colder.iter().enumerate() {
                let billed = match tier.as_str() {
                    "tierToCool" => 30,
                    "tierToCold" => 90,
                    "tierToArchive" => 180,
                    other => panic!("{other}"),
                };
                assert!(*tier != "tierToArchive" || has_archive, "{redundancy}");
                assert!(tiers[index + 1].1 - age >= billed, "{days}: {tiers:?}");
            }
            let archived = colder.iter().any(|(tier, _)| tier == "tierToArchive");
            assert_eq!(archived, has_archive && days >= 365, "{redundancy} {days}");
        }
    }
}

#[test]
fn an_unlocked_policy_is_a_template_and_a_locked_one_a_script() {
    let with = |mode: &str| {
        stores(
            &format!(
                "  one: {{ at: east, storage_account: account, container: first, redundancy: grs, lock: {{ mode: {mode}, for: 4w }} }}"
            ),
            "one",
            "daily: 30d",
        )
    };
    let unlocked = template(&with("unlocked"), "azure/east/one.json");
    assert_eq!(
        kinds(&unlocked),
        ["managementPolicies", "containers", "immutabilityPolicies"]
    );
    let policy = &unlocked["resources"][2];
    assert_eq!(policy["name"], "account/default/first/default");
    assert_eq!(
        policy["properties"]["immutabilityPeriodSinceCreationInDays"],
        28
    );
    assert_eq!(policy["properties"].get("state"), None, "read-only");
    assert_eq!(
        policy["dependsOn"],
        json!([
            "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/group/providers\
             /Microsoft.Storage/storageAccounts/account/blobServices/default/containers/first"
        ])
    );
    let script = |mode: &str| {
        let artifacts = rendered(&planned(&[("p.yaml", &with(mode))]));
        text(&artifacts, "scripts/one-enforce.sh").to_owned()
    };
    assert!(!script("unlocked").contains("--lock"));
    let locked = template(&with("locked"), "azure/east/one.json");
    assert_eq!(kinds(&locked), ["managementPolicies", "containers"]);
    assert!(script("locked").contains("\nimmutable 'immutability of first' 28\n"));
}

#[test]
fn commands_restore_what_drifted_in_an_account() {
    let with = |mode: &str| {
        stores(
            &format!(
                "  one: {{ at: east, storage_account: account, container: first, redundancy: grs, lock: {{ mode: {mode}, for: 4w }} }}"
            ),
            "one",
            "daily: 30d",
        )
    };
    let command = |mode: &str, name: &str, pointer: &str| {
        let plan = planned(&[("p.yaml", &with(mode))]);
        let mut all = plan.resources.iter();
        let resource = all.find(|it| it.address.name == name).unwrap();
        restore_command(resource, pointer, &Value::Null).map(|command| command.to_string())
    };
    let update = "az storage account blob-service-properties update --subscription \
                  00000000-0000-0000-0000-000000000001 --resource-group group --account-name account";
    let service = |pointer| command("locked", "account/default", pointer);
    assert_eq!(
        service("/properties/isVersioningEnabled"),
        Some(format!("{update} --enable-versioning true"))
    );
    // Azure's client takes the days of a policy only together with the switch.
    for pointer in [
        "/properties/deleteRetentionPolicy/days",
        "/properties/deleteRetentionPolicy/enabled",
        "/properties/deleteRetentionPolicy",
    ] {
        assert_eq!(
            service(pointer),
            Some(format!(
                "{update} --enable-delete-retention true --delete-retention-days 14"
            ))
        );
    }
    assert_eq!(service("/sku/name"), None);
    assert_eq!(service(""), None, "the account is not backstay's to create");

    let container = "account/default/first";
    let deploy = command("unlocked", container, "").unwrap();
    assert!(deploy.ends_with("--template-file generated/azure/east/one.json"));
    let access = command("unlocked", container, "/properties/publicAccess");
    assert_eq!(access.as_ref(), Some(&deploy));

    let policy = "account/default/first/default";
    let days = "/properties/immutabilityPeriodSinceCreationInDays";
    assert_eq!(command("unlocked", policy, days).as_ref(), Some(&deploy));
    let script = "bash generated/scripts/one-enforce.sh --apply --lock";
    for pointer in ["", days, "/properties/state"] {
        assert_eq!(command("locked", policy, pointer).as_deref(), Some(script));
    }
    let appends = "/properties/allowProtectedAppendWrites";
    assert_eq!(command("unlocked", policy, appends), Some(deploy));
    assert_eq!(command("locked", policy, appends), None);
}

/// The script locks what the policy locks, asks for a word of its own before it does, and never
/// shortens.
#[cfg(unix)]
#[rstest::rstest]
#[case::none("", "", &[], 1, &[])]
#[case::none_applied("", "", &["--apply"], 1, &["create --period 28"])]
#[case::none_locked("", "", &["--apply", "--lock"], 0, &["create --period 28", "lock --if-match \"etag\""])]
#[case::deleted("Deleted", "0", &["--apply"], 1, &["create --period 28"])]
#[case::shorter("Unlocked", "7", &["--apply", "--lock"], 0, &["create --period 28", "lock --if-match \"etag\""])]
#[case::unlocked("Unlocked", "28", &["--apply", "--lock"], 0, &["lock --if-match \"etag\""])]
#[case::unlocked_for_longer("Unlocked", "30", &["--apply", "--lock"], 1, &[])]
#[case::shortened("Unlocked", "30", &["--apply", "--lower", "--lock"], 0, &["create --period 28", "lock --if-match \"etag\""])]
#[case::extended("Locked", "7", &["--apply"], 0, &["extend --period 28 --if-match \"live\""])]
#[case::only_shown("Locked", "7", &["--lock"], 1, &[])]
#[case::as_wanted("Locked", "28", &["--apply", "--lock"], 0, &[])]
#[case::locked_for_longer("Locked", "30", &["--apply", "--lock"], 1, &[])]
fn locking_is_asked_for_twice(
    #[case] state: &str,
    #[case] days: &str,
    #[case] arguments: &[&str],
    #[case] code: i32,
    #[case] expected: &[&str],
) {
    use std::os::unix::fs::PermissionsExt as _;

    // The Blob service is as wanted; what is done to the policy is told on standard error.
    const AZ: &str = r#"#!/bin/bash
case "$1 $2 $3 $4" in
  'account show'*) ;;
  'resource show --ids '*/containers/first) printf '%s\t%s\t%s\n' "${STATE:-None}" "${DAYS:-None}" '"live"' ;;
  'resource show --ids '*) printf 'True\tTrue\t14\tTrue\t14\n' ;;
  'storage container immutability-policy show') printf '"etag"\n' ;;
  'storage container immutability-policy '*)
    [[ "$*" == *"--account-name account --container-name first"* ]] || exit 9
    verb=$4
    while [[ $1 != --container-name ]]; do shift; done
    shift 2
    printf '%s\n' "$verb ${*/ --output none/}" >&2
    ;;
  *) exit 9 ;;
esac
"#;
    let policy = stores(
        "  one: { at: east, storage_account: account, container: first, redundancy: grs, lock: { mode: locked, for: 4w } }",
        "one",
        "daily: 30d",
    );
    let artifacts = rendered(&planned(&[("p.yaml", &policy)]));
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    };
    put("az", AZ);
    let script = put("enforce.sh", text(&artifacts, "scripts/one-enforce.sh"));
    let path = std::env::var("PATH").unwrap();
    let run = std::process::Command::new("bash")
        .arg(script)
        .args(arguments)
        .env("PATH", format!("{}:{path}", folder.path().display()))
        .env("STATE", state)
        .env("DAYS", days)
        .output()
        .unwrap();
    let told = String::from_utf8(run.stderr).unwrap();
    let shown = String::from_utf8(run.stdout).unwrap();
    let done: Vec<_> = told
        .lines()
        .map(|line| line.trim_end_matches(" --output none"))
        .collect();
    assert_eq!(done, expected, "{shown}");
    assert_eq!(run.status.code(), Some(code), "{shown}");
}

fn server(key_vault: &str) -> String {
    format!(
        r#"version: 1
locations:
  east: {{ provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: group{key_vault} }}
databases:
  new:
    engine: azure_postgres
    at: east
    id: new-server
    provision: {{ version: "16", sku: Standard_D2s_v3, sku_tier: GeneralPurpose, storage: {{ size: 128GiB }}, username: pgadmin }}
"#
    )
}

/// A file says from where the deployment takes a password; without a Key Vault the client asks for it.
#[test]
fn no_parameter_file_holds_a_secret() {
    let parameters = |key_vault: &str| {
        let file = template(&server(key_vault), "azure/east/new.parameters.json");
        file["parameters"].clone()
    };
    assert_eq!(parameters(""), json!({}));
    let other = "/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/keys/providers\
                 /Microsoft.KeyVault/vaults/other-keys";
    let own = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/group/providers\
               /Microsoft.KeyVault/vaults/own-keys";
    for (written, id) in [("own-keys", own), (other, other)] {
        assert_eq!(
            parameters(&format!(", key_vault: {written}")),
            json!({
                "administratorLoginPassword": {
                    "reference": {
                        "keyVault": { "id": id },
                        "secretName": "new-server-administrator-login-password",
                    }
                }
            })
        );
    }
}

/// A deployment is given the file where there is one.
#[test]
fn a_template_with_parameters_has_a_file_of_them_and_is_deployed_with_it() {
    let lock = "  one: { at: east, storage_account: account, container: first, redundancy: grs }";
    for policy in [server(""), stores(lock, "one", "daily: 30d")] {
        let plan = planned(&[("p.yaml", &policy)]);
        let artifacts = rendered(&plan);
        let commands = deploy_commands(&plan, |_| true);
        let templates = artifacts
            .iter()
            .filter(|it| it.text.contains("deploymentTemplate.json#"));
        for artifact in templates {
            let template: Value = serde_json::from_str(&artifact.text).unwrap();
            let takes = template.get("parameters").is_some();
            let file = artifact.path.replace(".json", ".parameters.json");
            assert_eq!(artifacts.iter().any(|it| it.path == file), takes);
            let of_it = |command: &&String| command.contains(&artifact.path);
            let commands: Vec<String> = commands.iter().map(ToString::to_string).collect();
            let commands: Vec<&String> = commands.iter().filter(of_it).collect();
            assert_eq!(commands.len(), 2, "what-if and create");
            for command in commands {
                assert_eq!(
                    command.contains(&format!("--parameters @generated/{file}")),
                    takes
                );
            }
        }
    }
}

/// The hour of a window's start, of a server and its replicas alike; nothing where nobody says.
#[test]
fn a_maintenance_window_is_rendered_as_the_hour_of_its_start() {
    let hour =
        json!({ "customWindow": "Enabled", "dayOfWeek": 6, "startHour": 23, "startMinute": 45 });
    for (setting, expected) in [
        ("maintenance_window: \"sat:23:45-sun:00:45\"", hour.clone()),
        ("maintenance_window: \"sat:23:45-sun:04:00\"", hour),
        (
            "maintenance_window: provider_managed",
            json!({ "customWindow": "Disabled" }),
        ),
        ("tags: {}", Value::Null),
    ] {
        let policy = server("").replace(
            "    id: new-server\n",
            &format!("    id: new-server\n    replicas: [{{ id: new-read }}]\n    {setting}\n"),
        );
        let template = template(&policy, "azure/east/new.json");
        let servers = ["new-server", "new-read"].map(|name| {
            let mut resources = template["resources"].as_array().unwrap().iter();
            let server = resources.find(|it| it["name"] == name).unwrap();
            server["properties"]["maintenanceWindow"].clone()
        });
        assert_eq!(servers, [expected.clone(), expected], "{setting}");
    }
}
