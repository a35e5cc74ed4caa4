//! What workflows may do in Azure: what is answered once it is deployed, and what is found when it is
//! changed.

use std::collections::{BTreeMap, BTreeSet};

use rstest::rstest;
use serde_json::{Value, json};

use super::cloud::Cloud;
use super::estate::{Estate, NORTH, SOUTH, enforced, existing_server};
use super::told::{Told, deploy, tells};
use crate::wire::status::blobs::{Account, Blobs};

/// What was deployed, as the identity service and the directory answer it: with the numbers that they
/// gave, and ids in another case.
pub fn answer(resource: &Value, id: &str) -> Value {
    let kind = resource["type"].as_str().unwrap();
    let name = resource["name"].as_str().unwrap();
    let mut answer = json!({
        "id": id.replace("resourceGroups", "resourcegroups"),
        "name": name.rsplit('/').next(),
        "type": kind,
        "properties": resource["properties"],
    });
    let properties = &mut answer["properties"];
    match kind.rsplit('/').next().unwrap() {
        "userAssignedIdentities" => {
            *properties = json!({
                "tenantId": "44444444-4444-4444-4444-444444444444",
                "principalId": "33333333-3333-3333-3333-333333333333",
                "clientId": "55555555-5555-5555-5555-555555555555",
            });
            answer["location"] = resource["location"].clone();
            answer["tags"] = json!({});
        }
        "roleDefinitions" => {
            properties["createdOn"] = json!("2026-11-01T03:01:55.7168089Z");
            properties["createdBy"] = json!("66666666-6666-6666-6666-666666666666");
            let scopes = &mut properties["assignableScopes"];
            *scopes = json!([scopes[0].as_str().unwrap().to_ascii_lowercase()]);
            let actions = properties["permissions"][0]["actions"]
                .as_array_mut()
                .unwrap();
            actions.reverse();
        }
        _ => {}
    }
    answer
}

const POLICY: &str = include_str!("../../../fixtures/wire/azure.yaml");

/// Every kind of Azure's resources.
pub fn deployed() -> Estate {
    let mut estate = Estate::of(POLICY);
    enforced(&mut estate.cloud, "trainstore", 14);
    let server = existing_server(SOUTH, "freight_rg", "freight-prod", "West Europe", 14);
    estate.cloud.servers.push(server);
    estate
}

/// Of everything that reads Azure, with blobs to read as well.
#[test]
fn the_reader_may_do_exactly_what_drift_status_and_coverage_do() {
    let mut estate = deployed();
    let north = actions(&mut estate.cloud, "backstay-drift-reader north", "actions");
    let south = actions(&mut estate.cloud, "backstay-drift-reader south", "actions");
    let blobs = actions(
        &mut estate.cloud,
        "backstay-status-reader north",
        "dataActions",
    );
    let condition = condition(&estate.cloud, "backstay-status-reader north");
    let theirs = format!(
        "/subscriptions/{SOUTH}/resourcegroups/their-rg/providers/microsoft.dataprotection/backupvaults/theirs"
    );
    let vault = json!({ "id": theirs });
    estate.cloud.others.insert(theirs, vault);
    let account = dumps();
    estate.workspace = estate
        .workspace
        .env("AZURE_STORAGE_SERVICE_ENDPOINT", account.uri());
    let running = estate.start(|_| {});
    let output = running.drift(&[]).expect_code(0);
    assert_eq!(output.stdout, "");
    // The drill and the dump are old, and nothing is in the vault: that is told, so it was read.
    let told = running.workspace.run(["status"]).expect_code(1).stdout;
    assert!(!told.contains("unreadable"), "{told}");
    running.workspace.run(["coverage"]).expect_code(0);

    let requests = running.requests();
    let asked = |subscription: &str| -> BTreeSet<String> {
        let own = |url: &&String| url.contains(subscription);
        let urls = requests.iter().map(|(_, url)| url).filter(own);
        urls.map(|url| action(url)).collect()
    };
    assert_eq!(asked(NORTH), north);
    assert_eq!(asked(SOUTH), south);

    let read = account.requests();
    assert_eq!(
        blobs,
        BTreeSet::from([format!("{}/read", BLOBS.to_ascii_lowercase())])
    );
    let likes = likes(&condition);
    assert_eq!(likes, ["*/manifest.json", "drills/*"]);
    let (lists, blobs): (Vec<_>, Vec<_>) = read.iter().partition(|url| url.contains("comp=list"));
    assert!(!lists.is_empty());
    let blobs = blobs
        .iter()
        .map(|url| url.split_once("/backups/").unwrap().1);
    let blobs: BTreeSet<&str> = blobs.collect();
    assert_eq!(blobs, BTreeSet::from([MANIFEST, DRILL]));
    for blob in blobs {
        assert!(likes.iter().any(|it| is_like(blob, it)), "{blob}");
    }
    assert!(!likes.iter().any(|it| is_like(DUMP, it)));
}

const BLOBS: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";
const DUMP: &str = "daily/trains/2026-11-01/20261101T023700Z/trains.dump";
const MANIFEST: &str = "daily/trains/2026-11-01/20261101T023700Z/manifest.json";
const DRILL: &str = "drills/trains/20261102t053700z.json";

/// An account with one dump and the result of one drill.
fn dumps() -> Account {
    let manifest = json!({
        "name": "trains", "stamp": "20261101T023700Z", "files": [{ "path": "trains.dump", "bytes": 5 }],
    });
    let drill = json!({
        "kind": "restore_test", "database": "trains", "finished": "2026-11-02T05:37:00Z",
        "passed": true, "checks": [],
    });
    Account::start(Blobs {
        blobs: BTreeMap::from([
            (DUMP.to_owned(), b"12345".to_vec()),
            (MANIFEST.to_owned(), manifest.to_string().into()),
            (DRILL.to_owned(), drill.to_string().into()),
        ]),
        ..Blobs::default()
    })
}

/// What a role allows, in lower case.
fn actions(cloud: &mut Cloud, name: &str, kind: &str) -> BTreeSet<String> {
    let actions = role(cloud, name)["permissions"][0][kind].clone();
    let actions = actions.as_array().unwrap().iter();
    actions
        .map(|it| it.as_str().unwrap().to_ascii_lowercase())
        .collect()
}

/// To which blobs those are limited who have a role.
fn condition(cloud: &Cloud, role: &str) -> String {
    let number = role_number(cloud, role);
    let of_it = |answer: &&Value| {
        let told = answer["properties"]["roleDefinitionId"].as_str();
        told.is_some_and(|told| told.ends_with(&number))
    };
    let mut assignments = cloud.others.values().filter(of_it);
    let assignment = assignments.next().expect("somebody has it");
    assert!(assignments.next().is_none());
    let properties = &assignment["properties"];
    assert_eq!(properties["conditionVersion"], "2.0");
    properties["condition"].as_str().unwrap().to_owned()
}

fn role_number(cloud: &Cloud, name: &str) -> String {
    let named = |answer: &&Value| {
        let told = answer["properties"]["roleName"].as_str();
        told.is_some_and(|told| told.starts_with(name))
    };
    let role = cloud.others.values().find(named).unwrap();
    role["name"].as_str().unwrap().to_owned()
}

/// The patterns of a condition.
fn likes(condition: &str) -> Vec<&str> {
    let parts = condition.split("StringLike '").skip(1);
    parts.map(|it| it.split('\'').next().unwrap()).collect()
}

/// As Azure compares: a star is any text.
fn is_like(text: &str, pattern: &str) -> bool {
    let (start, end) = pattern.split_once('*').unwrap();
    text.starts_with(start) && text.ends_with(end)
}

/// A test of dumps reads them, and writes nothing but what came of it.
#[test]
fn a_restore_test_may_write_below_its_folder_alone() {
    let mut estate = deployed();
    let rights = actions(
        &mut estate.cloud,
        "backstay-restore-tester north",
        "dataActions",
    );
    let blobs = BLOBS.to_ascii_lowercase();
    let verbs = ["add/action", "read", "write"].map(|verb| format!("{blobs}/{verb}"));
    assert_eq!(rights, verbs.into());
    let condition = condition(&estate.cloud, "backstay-restore-tester north");
    assert_eq!(likes(&condition), ["drills/*"]);
    for verb in ["add/action", "write"] {
        let refused = format!("!(ActionMatches{{'{BLOBS}/{verb}'}})");
        assert!(condition.contains(&refused), "{condition}");
    }
    assert!(!condition.contains("/read"), "{condition}");
}

/// The right that a request needs: its steps from the last provider on, without the names.
fn action(url: &str) -> String {
    let path = url.split('?').next().unwrap().to_ascii_lowercase();
    let (_, provider) = path.rsplit_once("/providers/").unwrap();
    let mut steps = provider.split('/');
    let namespace = steps.next().unwrap();
    let kinds: Vec<&str> = steps.step_by(2).collect();
    format!("{namespace}/{}/read", kinds.join("/"))
}

fn role<'c>(cloud: &'c mut Cloud, name: &str) -> &'c mut Value {
    let named = |(_, it): &(&String, &mut Value)| {
        let told = it["properties"]["roleName"].as_str();
        told.is_some_and(|told| told.starts_with(name))
    };
    let mut others = cloud.others.iter_mut();
    &mut others.find(named).unwrap().1["properties"]
}

/// The right that is limited by a condition with these words.
fn condition_of<'c>(cloud: &'c mut Cloud, words: &str) -> &'c mut Value {
    let named = |it: &&mut Value| {
        let told = it["properties"]["condition"].as_str();
        told.is_some_and(|told| told.contains(words))
    };
    &mut cloud.others.values_mut().find(named).unwrap()["properties"]
}

/// Takes from an identity what its role gives it.
fn without_right(cloud: &mut Cloud, name: &str) {
    let number = role_number(cloud, name);
    let before = cloud.others.len();
    cloud.others.retain(|_, it| {
        let of_it = it["properties"]["roleDefinitionId"].as_str();
        !of_it.is_some_and(|told| told.ends_with(&number))
    });
    assert_eq!(cloud.others.len(), before - 1, "{name}");
}

const WRITER: &str = "/userassignedidentities/backstay-dump-writer";
const TRUST: &str = "/backstay-dump-writer/federatedidentitycredentials/github";

#[rstest]
#[case::an_identity_is_gone(
    |cloud: &mut Cloud| cloud.others.retain(|path, _| !path.ends_with(WRITER)),
    Told { kind: "missing", property: "", at: "3:15", restore: deploy("identities") }
)]
#[case::an_identity_is_elsewhere(
    |cloud: &mut Cloud| cloud.other(WRITER)["location"] = json!("West Europe"),
    Told { kind: "changed", property: "/location", at: "3:15", restore: None }
)]
#[case::another_repository_is_trusted(
    |cloud: &mut Cloud| cloud.other(TRUST)["properties"]["subject"] = json!("repo:mallory/backups:ref:refs/heads/main"),
    Told { kind: "weakened", property: "/properties/subject", at: "3:15", restore: deploy("identities") }
)]
#[case::every_branch_is_trusted(
    |cloud: &mut Cloud| cloud.other(TRUST)["properties"]["subject"] = json!("repo:acme/backups:ref:refs/heads/*"),
    Told { kind: "weakened", property: "/properties/subject", at: "3:15", restore: deploy("identities") }
)]
#[case::pull_requests_may_write_dumps(
    |cloud: &mut Cloud| cloud.other(TRUST)["properties"]["subject"] = json!("repo:acme/backups:pull_request"),
    Told { kind: "weakened", property: "/properties/subject", at: "3:15", restore: deploy("identities") }
)]
#[case::another_issuer_is_trusted(
    |cloud: &mut Cloud| cloud.other(TRUST)["properties"]["issuer"] = json!("https://mallory.example.com"),
    Told { kind: "weakened", property: "/properties/issuer", at: "3:15", restore: deploy("identities") }
)]
#[case::nobody_is_trusted(
    |cloud: &mut Cloud| cloud.others.retain(|path, _| !path.ends_with(TRUST)),
    Told { kind: "missing", property: "", at: "3:15", restore: deploy("identities") }
)]
#[case::dumps_can_be_deleted(
    |cloud: &mut Cloud| {
        let actions = &mut role(cloud, "backstay-dump-writer north")["permissions"][0]["dataActions"];
        let delete = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete";
        actions.as_array_mut().unwrap().push(json!(delete));
    },
    Told { kind: "weakened", property: "/properties/permissions/0/dataActions", at: "3:15", restore: deploy("access") }
)]
#[case::it_can_be_given_elsewhere(
    |cloud: &mut Cloud| role(cloud, "backstay-dump-writer north")["assignableScopes"] = json!(["/"]),
    Told { kind: "weakened", property: "/properties/assignableScopes", at: "3:15", restore: deploy("access") }
)]
#[case::a_role_has_another_name(
    |cloud: &mut Cloud| role(cloud, "backstay-drift-reader north")["roleName"] = json!("mine"),
    Told { kind: "changed", property: "/properties/roleName", at: "3:15", restore: deploy("access") }
)]
#[case::all_dumps_can_be_read(
    |cloud: &mut Cloud| condition_of(cloud, "manifest.json")["condition"] = json!(null),
    Told { kind: "weakened", property: "/properties/condition", at: "3:15", restore: deploy("access") }
)]
#[case::dumps_can_be_overwritten(
    |cloud: &mut Cloud| {
        let condition = &mut condition_of(cloud, "/write'")["condition"];
        *condition = json!(condition.as_str().unwrap().replace("drills/*", "*"));
    },
    Told { kind: "weakened", property: "/properties/condition", at: "3:15", restore: deploy("access") }
)]
#[case::a_role_is_gone(
    |cloud: &mut Cloud| cloud.others.retain(|_, it| {
        let name = it["properties"]["roleName"].as_str().unwrap_or_default();
        !name.starts_with("backstay-drift-reader north")
    }),
    Told { kind: "missing", property: "", at: "3:15", restore: deploy("access") }
)]
#[case::dumps_can_go_nowhere(
    |cloud: &mut Cloud| without_right(cloud, "backstay-dump-writer north"),
    Told { kind: "missing", property: "", at: "3:15", restore: deploy("access") }
)]
#[case::drift_cannot_be_read(
    |cloud: &mut Cloud| without_right(cloud, "backstay-drift-reader north"),
    Told { kind: "missing", property: "", at: "3:15", restore: deploy("access") }
)]
#[case::more_than_its_role(
    |cloud: &mut Cloud| {
        let mut others = cloud.others.iter_mut();
        let (_, right) = others.find(|(path, _)| path.contains("/containers/backups/providers/")).unwrap();
        let id = &mut right["properties"]["roleDefinitionId"];
        *id = json!(format!("/subscriptions/{NORTH}/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"));
    },
    Told { kind: "weakened", property: "/properties/roleDefinitionId", at: "3:15", restore: None }
)]
fn a_change_of_the_access_is_found(#[case] change: fn(&mut Cloud), #[case] expected: Told) {
    let code = i32::from(expected.kind != "changed");
    tells(&deployed().start(change), code, expected);
}

#[rstest]
#[case("/userassignedidentities/backstay-drift-reader", "identity")]
#[case(
    "/backstay-drift-reader/federatedidentitycredentials/github-numbers",
    "federated credential"
)]
fn what_may_not_be_read_is_unreadable_alone(#[case] end: &'static str, #[case] what: &str) {
    let running = deployed().start(|cloud| {
        cloud.refused = Some((end, 403, "AuthorizationFailed"));
    });
    let output = running.drift(&["--format", "json"]).expect_code(3);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let findings = findings.filter(|finding| finding["code"] != "not_compared");
    let messages: Vec<&str> = findings.map(|it| it["message"].as_str().unwrap()).collect();
    let reason = format!("could not be read: {what}: HTTP 403, AuthorizationFailed");
    assert!(
        matches!(messages[..], [one] if one.ends_with(&reason)),
        "{messages:?}"
    );
}

/// A role and a right whose paths are numbers.
#[rstest]
#[case("roledefinitions", "role definition")]
#[case("roleassignments", "role assignment")]
fn a_number_that_may_not_be_read_is_unreadable_alone(#[case] kind: &str, #[case] what: &str) {
    let mut estate = deployed();
    let ids = estate.cloud.others.keys();
    let of = |id: &&String| id.contains(&format!("microsoft.authorization/{kind}/"));
    let id = ids.rev().find(of).unwrap().clone();
    let end: &'static str = Box::leak(id.into_boxed_str());
    estate.cloud.refused = Some((end, 403, "AuthorizationFailed"));
    let output = estate.start(|_| {}).drift(&[]).expect_code(3);
    let reason = format!("could not be read: {what}: HTTP 403, AuthorizationFailed");
    assert!(output.stdout.contains(&reason), "{}", output.stdout);
}
