//! Flexible servers, and what Azure Backup keeps of them, as their references document the answers.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::{DAY, Seen, ago};
use crate::wire::azure::FakeAz;
use crate::wire::runtime;

const POLICY: &str = r#"version: 1
locations:
  az: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: trains-rg }
vaults:
  safe: { at: az, name: trains-safe, redundancy: zone }
databases:
  trains:
    engine: azure_postgres
    at: az
    id: trains-prod
    rpo: 15min
    retention: { pitr: 14d, weekly: 12w, monthly: 12mo }
    copies: { geo: true }
    vault: safe
    snapshots: { schedule: "weekly sat 05:17", keep: 14d }
  other: { engine: azure_postgres, at: az, id: other, retention: { pitr: 7d } }
"#;

const GROUP: &str =
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/trains-rg/providers";

/// Answers by their paths in lower case; a list is paged.
#[derive(Clone, Default)]
struct Arm {
    answers: BTreeMap<String, Value>,
    page: usize,
    /// The end of a path that is refused, and from which page on.
    refused: Option<(&'static str, usize)>,
    ahead: i64,
}

impl Arm {
    fn put(&mut self, path: &str, answer: Value) {
        self.answers.insert(path.to_ascii_lowercase(), answer);
    }
}

impl Respond for Arm {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let token = request.headers.get("authorization");
        assert!(token.is_some_and(|token| token == "Bearer very-secret-token"));
        let path = request.url.path().to_ascii_lowercase();
        let query = |wanted: &str| {
            let mut pairs = request.url.query_pairs();
            let found = pairs.find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.into_owned())
        };
        assert!(query("api-version").is_some());
        let page: usize = query("$skiptoken").map_or(0, |token| token.parse().unwrap());
        let refused = |(end, from): (&str, usize)| path.ends_with(end) && page >= from;
        if self.refused.is_some_and(refused) {
            return error(403, "AuthorizationFailed");
        }
        let answer = match self.answers.get(&path) {
            Some(Value::Array(all)) => {
                let size = if self.page == 0 {
                    all.len().max(1)
                } else {
                    self.page
                };
                let (from, to) = (
                    (page * size).min(all.len()),
                    ((page + 1) * size).min(all.len()),
                );
                let mut answer = json!({ "value": all[from..to] });
                if to < all.len() {
                    let host = request.headers["host"].to_str().unwrap();
                    answer["nextLink"] = format!(
                        "http://{host}{path}?api-version=1&%24skiptoken={}",
                        page + 1
                    )
                    .into();
                }
                answer
            }
            Some(one) => one.clone(),
            None => return error(404, "ResourceNotFound"),
        };
        let answer = ResponseTemplate::new(200).set_body_json(answer);
        match self.ahead {
            0 => answer,
            ahead => {
                let now = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(ahead);
                let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
                answer.insert_header("date", date)
            }
        }
    }
}

fn error(status: u16, code: &str) -> ResponseTemplate {
    let body = json!({ "error": { "code": code, "message": "very-secret-token" } });
    ResponseTemplate::new(status).set_body_json(body)
}

fn server(name: &str, days: i64, earliest: i64) -> Value {
    json!({
        "id": format!("{GROUP}/Microsoft.DBForPostgreSql/flexibleservers/{name}").replace("trains-rg", "TRAINS-RG"),
        "name": name,
        "systemData": { "createdAt": ago(days * DAY).to_string() },
        "properties": {
            "state": "Ready",
            "backup": {
                "backupRetentionDays": 14,
                "earliestRestoreDate": format!("{}.1234567+00:00", ago(earliest).to_string().trim_end_matches('Z')),
            },
        },
    })
}

fn backup(name: &str, kind: &str, minutes: i64) -> Value {
    json!({ "name": name, "properties": {
        "backupType": kind, "completedTime": ago(minutes).to_string(), "source": "Automatic",
    }})
}

fn point(days_ago: i64, tag: &str, state: &str) -> Value {
    json!({ "properties": {
        "objectType": "AzureBackupDiscreteRecoveryPoint", "recoveryPointTime": ago(days_ago * DAY).to_string(),
        "recoveryPointState": state, "retentionTagName": tag, "recoveryPointType": "Full",
    }})
}

fn servers_path(rest: &str) -> String {
    format!("{GROUP}/Microsoft.DBforPostgreSQL/flexibleServers/{rest}")
}

fn instances_path(rest: &str) -> String {
    format!("{GROUP}/Microsoft.DataProtection/backupVaults/trains-safe/backupInstances{rest}")
}

fn sound() -> Arm {
    let mut arm = Arm::default();
    let list = "/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.DBforPostgreSQL/flexibleServers";
    let servers = [
        server("Trains-Prod", 400, 14 * DAY),
        server("other", 2, 2 * DAY - 60),
    ];
    arm.put(list, json!(servers));
    for (name, server) in ["trains-prod", "other"].iter().zip(&servers) {
        arm.put(&servers_path(name), server.clone());
        let mut backups: Vec<Value> = (0..7)
            .map(|day| backup(&format!("daily_{day}"), "Full", 300 + day * DAY))
            .collect();
        for week in 0..2 {
            let name = format!("backstay-trains-{week}");
            backups.push(backup(&name, "Customer On-Demand", (3 + 7 * week) * DAY));
        }
        backups.push(backup("by-hand", "Customer On-Demand", 10));
        backups.push(json!({ "name": "backstay-trains-now", "properties": { "backupType": "Customer On-Demand" } }));
        arm.put(&servers_path(&format!("{name}/backups")), json!(backups));
    }
    let of = servers_path("trains-prod");
    let instance = |name: &str, state: &str| {
        json!({ "name": name, "properties": {
            "dataSourceInfo": { "resourceID": of.to_ascii_uppercase() }, "currentProtectionState": state,
        }})
    };
    let instances = [
        instance("gone", "SoftDeleted"),
        instance("Trains-Prod", "ProtectionConfigured"),
    ];
    arm.put(&instances_path(""), json!(instances));
    let mut points: Vec<Value> = (0..11)
        .map(|week| point(2 + 7 * week, "Default", "Completed"))
        .collect();
    points.extend((0..12).map(|month| point(20 + 30 * month, "Monthly", "Completed")));
    points.push(point(0, "Default", "Partial"));
    arm.put(
        &instances_path("/Trains-Prod/recoveryPoints"),
        json!(points),
    );
    arm
}

fn against(arm: Arm) -> Seen {
    let runtime = runtime();
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(arm).mount(&server).await;
        server
    });
    let az = FakeAz::new();
    let (url, path) = (server.uri(), az.path());
    Seen::of(
        POLICY,
        &[("AZURE_RESOURCE_MANAGER_ENDPOINT", &url), ("PATH", &path)],
    )
}

/// All fresh but for these; the other server is young.
#[track_caller]
fn but(seen: &Seen, others: &[(&str, &str)]) {
    let mut expected: BTreeMap<String, String> = [
        ("automated az", "fresh"),
        ("geo az", "untold"),
        ("long_term safe", "fresh"),
        ("snapshots az", "fresh"),
    ]
    .map(|(name, verdict)| (name.to_owned(), verdict.to_owned()))
    .into();
    for (name, verdict) in others {
        expected.insert((*name).to_owned(), (*verdict).to_owned());
    }
    assert_eq!(
        seen.verdicts_of("trains"),
        expected,
        "{}",
        seen.output.stderr
    );
}

#[test]
fn every_mechanism_is_read() {
    let seen = against(sound());
    but(&seen, &[]);
    assert_eq!(seen.output.code, 0, "{}", seen.output.stderr);
    assert_eq!(seen.verdicts_of("other")["automated az"], "growing");
    let automated = seen.read("automated", "az");
    assert_eq!(
        (automated.keeps_days, automated.span.count),
        (Some(14), None)
    );
    // Somebody's own backup is a recovery point, and none of the policy's.
    assert_eq!(seen.read("snapshots", "az").span.count, Some(2));
    let vault = seen.read("long_term", "safe");
    assert_eq!(vault.span.count, Some(23));
    assert_eq!(vault.classes["weekly"].count, Some(11));
    assert_eq!(vault.classes["monthly"].count, Some(12));
}

#[test]
fn half_pages_lose_nothing() {
    let seen = against(Arm { page: 2, ..sound() });
    but(&seen, &[]);
    assert_eq!(seen.read("long_term", "safe").span.count, Some(23));
}

#[test]
fn what_is_old_gone_or_absent_is_told() {
    let mut arm = sound();
    let backups = [
        backup("daily_1", "Full", 2 * DAY),
        backup("backstay-trains-1", "Customer On-Demand", 9 * DAY),
    ];
    arm.put(&servers_path("trains-prod/backups"), json!(backups));
    arm.put(&instances_path(""), json!([]));
    let seen = against(arm);
    but(
        &seen,
        &[
            ("automated az", "stale"),
            ("snapshots az", "stale"),
            ("long_term safe", "none"),
        ],
    );
    assert_eq!(seen.output.code, 1);
    assert_eq!(
        seen.read("long_term", "safe").absent.as_deref(),
        Some("the vault does not back up the server")
    );
    let mut arm = sound();
    let own = servers_path("trains-prod").to_ascii_lowercase();
    arm.answers
        .retain(|path, _| !path.starts_with(&own) && !path.contains("/backupinstances"));
    for list in arm.answers.values_mut().filter_map(Value::as_array_mut) {
        list.retain(|it| it["name"] != "Trains-Prod");
    }
    let seen = against(arm);
    but(
        &seen,
        &[
            ("automated az", "none"),
            ("snapshots az", "none"),
            ("long_term safe", "none"),
        ],
    );
    assert_eq!(
        seen.read("long_term", "safe").absent.as_deref(),
        Some("the vault does not exist")
    );
}

#[test]
fn a_restore_window_that_lost_its_start_is_short() {
    let mut arm = sound();
    arm.put(
        &servers_path("trains-prod"),
        server("Trains-Prod", 400, 3 * DAY),
    );
    let list = arm.answers.values_mut().filter_map(Value::as_array_mut);
    for server in list.flatten().filter(|it| it["name"] == "Trains-Prod") {
        if server["systemData"].is_object() {
            *server = self::server("Trains-Prod", 400, 3 * DAY);
        }
    }
    but(&against(arm), &[("automated az", "short")]);
}

#[test]
fn one_answer_that_is_refused_hides_itself_only() {
    let cases = [
        (
            "/trains-prod/backups",
            0,
            vec!["automated az", "snapshots az"],
        ),
        ("/flexibleservers", 0, vec!["automated az", "snapshots az"]),
        ("/backupinstances", 0, vec!["long_term safe"]),
        ("/recoverypoints", 0, vec!["long_term safe"]),
        // Half a list is none.
        ("/recoverypoints", 1, vec!["long_term safe"]),
        (
            "/trains-prod/backups",
            1,
            vec!["automated az", "snapshots az"],
        ),
    ];
    for (what, from, hidden) in cases {
        let seen = against(Arm {
            refused: Some((what, from)),
            page: 5,
            ..sound()
        });
        let hidden: Vec<(&str, &str)> = hidden.iter().map(|name| (*name, "unreadable")).collect();
        but(&seen, &hidden);
        assert_eq!(seen.output.code, 3, "{what}");
    }
}

#[test]
fn another_form_than_documented_is_no_answer() {
    let mut arm = sound();
    let odd = json!([{ "name": "x", "properties": { "backupType": "Full", "completedTime": "yesterday" } }]);
    arm.put(&servers_path("trains-prod/backups"), odd);
    arm.put(
        &instances_path("/Trains-Prod/recoveryPoints"),
        json!([{ "properties": {} }]),
    );
    let seen = against(arm);
    but(
        &seen,
        &[
            ("automated az", "unreadable"),
            ("long_term safe", "unreadable"),
            ("snapshots az", "none"),
        ],
    );
    let reason = seen.reason("long_term", "safe");
    assert!(reason.contains("another form than documented"), "{reason}");
}

#[test]
fn a_clock_that_differs_is_told() {
    let seen = against(Arm {
        ahead: 3 * 86_400,
        ..sound()
    });
    assert_eq!(seen.points.clocks[0].of, "azure");
    but(&seen, &[("automated az", "stale")]);
}
