//! Bad lines and failing services: a run is complete, or it says what it could not read and does not
//! end with 0. It is never clean by mistake, and nothing is missing that is only out of reach.

mod inventory;
pub mod proxy;
pub mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::Value;

use super::assert_no_secret;
use super::azure::FakeAz;
use crate::support::Workspace;
use proxy::{Asked, Fault, Proxy};
use world::{Circle, World};

/// What a run told.
struct Run {
    code: i32,
    /// By resource and property, each finding of a difference.
    told: BTreeMap<(String, String), Value>,
    /// The messages of what could not be read.
    unread: Vec<String>,
}

/// A run through a bad line, by somebody of little patience.
fn run(policy: &str, proxy: &Proxy, patience: &str) -> Run {
    let az = FakeAz::new();
    let workspace = Workspace::new()
        .policy("p.yaml", policy)
        .env("PATH", az.path())
        .env("AWS_ENDPOINT_URL", &proxy.url)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "very-secret-key")
        .env("AZURE_RESOURCE_MANAGER_ENDPOINT", &proxy.url)
        .env("BACKSTAY_PATIENCE", patience);
    let output = workspace.run(["drift", "--format", "json"]);
    assert_no_secret(&output.stdout);
    assert_no_secret(&output.stderr);
    let report: Value =
        serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let mut run = Run {
        code: output.code,
        told: BTreeMap::new(),
        unread: Vec::new(),
    };
    for finding in report["findings"].as_array().unwrap() {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let drift = &finding["drift"];
        if finding["code"] == "unreadable" {
            run.unread.push(text(&finding["message"]));
        } else {
            let key = (text(&drift["resource"]), text(&drift["property"]));
            assert_eq!(run.told.insert(key, finding.clone()), None);
        }
    }
    run
}

/// Whether a message of what could not be read is about a resource, or about a part of it.
fn is_about(message: &str, resource: &str, property: &str) -> bool {
    let (what, _) = message.split_once(" could not be read: ").unwrap();
    let part = property.trim_start_matches('/').replace('/', ".");
    let of = what.strip_prefix(resource).map(str::trim_start);
    of.is_some_and(|unread| unread.is_empty() || part.starts_with(unread))
}

const DEPLOYED: &str = "the deployed template of ";

/// What every run keeps to, whatever its line did, beside what a run on a good line tells.
fn keeps_the_law(run: &Run, whole: &Run) -> Result<(), String> {
    if run.unread.is_empty() {
        return match run.told == whole.told && run.code == whole.code {
            true => Ok(()),
            false => Err("it says that it is complete and is not".to_owned()),
        };
    }
    if ![1, 3].contains(&run.code) {
        return Err(format!("{:?} and code {}", run.unread, run.code));
    }
    let about = |resource: &str, property: &str| {
        let mut unread = run.unread.iter();
        unread.any(|message| is_about(message, resource, property))
    };
    for (key @ (resource, property), finding) in &run.told {
        // Without the template nobody knows what was never deployed; then it says so.
        let blind = run
            .unread
            .iter()
            .any(|it| it.starts_with(&format!("{DEPLOYED}{resource} ")));
        let same = |twin: &Value| twin == finding || (blind && finding["code"] != "missing");
        match whole.told.get(key) {
            Some(twin) if same(twin) => {}
            Some(twin) => return Err(format!("it tells {finding} for {twin}")),
            None => return Err(format!("{resource} {property} is told wrongly: {finding}")),
        }
    }
    for (resource, property) in whole.told.keys() {
        let told = run.told.contains_key(&(resource.clone(), property.clone()));
        if !told && !about(resource, property) {
            return Err(format!("nothing is said of {resource} {property}"));
        }
    }
    Ok(())
}

/// The estate on a good line.
fn whole() -> &'static Run {
    static WHOLE: LazyLock<Run> = LazyLock::new(|| {
        let (_server, _runtime, cloud) = World::drifted().serve();
        run(
            &world::today(),
            &Proxy::before(cloud, |_: &Asked| Fault::None),
            "1",
        )
    });
    &WHOLE
}

/// The estate on a line with faults, which keeps the law.
#[track_caller]
fn through(patience: &str, plan: impl Fn(&Asked) -> Fault + Send + Sync + 'static) -> Run {
    let (_server, _runtime, cloud) = World::drifted().serve();
    let run = run(&world::today(), &Proxy::before(cloud, plan), patience);
    keeps_the_law(&run, whole()).unwrap_or_else(|broken| panic!("{broken}\n{:#?}", run.unread));
    run
}

#[test]
fn on_a_good_line_each_kind_of_drift_is_told() {
    let whole = whole();
    assert_eq!((whole.code, whole.unread.len()), (1, 0));
    let kinds: BTreeSet<&str> = whole
        .told
        .values()
        .filter_map(|it| it["code"].as_str())
        .collect();
    let all = [
        "changed",
        "missing",
        "not_compared",
        "undeployed",
        "weakened",
    ];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), all);
}

/// How each service says that it is asked too often.
fn slow_down(asked: &Asked) -> Fault {
    match asked.service.as_str() {
        "s3" => Fault::Refusal(503, "SlowDown"),
        "arm" => Fault::Refusal(429, "TooManyRequests"),
        "kms" | "backup" => Fault::Refusal(400, "ThrottlingException"),
        _ => Fault::Refusal(400, "Throttling"),
    }
}

fn expired(asked: &Asked) -> Fault {
    match asked.service.as_str() {
        "arm" => Fault::Refusal(401, "ExpiredAuthenticationToken"),
        "kms" | "backup" => Fault::Refusal(400, "ExpiredTokenException"),
        _ => Fault::Refusal(403, "ExpiredToken"),
    }
}

/// A number that depends on the seed and the request alone, so not on who comes first.
fn number(seed: u64, asked: &Asked, times: usize) -> u64 {
    let mut hasher = DefaultHasher::new();
    let Asked {
        service,
        account,
        region,
        what,
        ..
    } = asked;
    (seed, service, account, region, what, times).hash(&mut hasher);
    hasher.finish() % 1_000
}

#[test]
fn three_refusals_for_speed_in_ten_leave_it_complete() {
    for seed in 0..2 {
        let run = through("0.05", move |asked| {
            match number(seed, asked, asked.before) {
                0..300 => slow_down(asked),
                _ => Fault::None,
            }
        });
        assert_eq!(run.unread, [""; 0]);
    }
}

const FAULTS: [Fault; 10] = [
    Fault::Refusal(500, "InternalError"),
    Fault::Refusal(502, "BadGateway"),
    Fault::Refusal(503, "ServiceUnavailable"),
    Fault::Refusal(403, "AccessDenied"),
    Fault::Silence,
    Fault::Reset,
    Fault::Half,
    Fault::Cut,
    Fault::Empty,
    Fault::Html,
];

/// Of a thousand requests so many always fail, each in its own way, and of the others so many at times.
pub fn any_fault(seed: u64, always: u64, at_times: u64, asked: &Asked) -> Fault {
    let fault = |number: u64| match number % 12 {
        10 => slow_down(asked),
        11 => expired(asked),
        other => FAULTS[other as usize],
    };
    let which = number(seed.wrapping_add(1), asked, 0);
    if number(seed, asked, 0) < always {
        fault(which)
    } else if number(seed, asked, asked.before + 1) < at_times {
        fault(number(seed.wrapping_add(2), asked, asked.before))
    } else {
        Fault::None
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 8, failure_persistence: None, ..ProptestConfig::default() })]

    /// Some requests always fail, each in its own way, and some at times.
    #[test]
    fn any_faults_leave_what_is_told_right(seed: u64, always in 0_u64..150, at_times in 0_u64..300) {
        let plan = move |asked: &Asked| any_fault(seed, always, at_times, asked);
        let (_server, _runtime, cloud) = World::drifted().serve();
        let run = run(&world::today(), &Proxy::before(cloud, plan), "0.01");
        let kept = keeps_the_law(&run, whole());
        prop_assert!(kept.is_ok(), "{}\n{:#?}", kept.unwrap_err(), run.unread);
    }
}

/// Whatever becomes of all answers of one service, or of those of its that matter most.
#[test]
fn a_service_that_never_answers_as_it_should_leaves_the_rest() {
    let services = ["arm", "backup", "cloudformation", "kms", "rds", "s3", "sts"];
    let faults = [Fault::Cut, Fault::Empty, Fault::Html];
    for service in services {
        std::thread::scope(|scope| {
            for fault in faults {
                scope.spawn(move || {
                    let run = through("0.01", move |asked| match asked.service == service {
                        true => fault,
                        false => Fault::None,
                    });
                    assert!(!run.unread.is_empty(), "{service}: {fault:?}");
                });
            }
        });
    }
}

/// The accounts and Regions of what could not be read, as they begin its messages.
fn places(run: &Run) -> BTreeSet<String> {
    let place = |message: &String| message.splitn(4, ' ').take(3).collect::<Vec<_>>().join(" ");
    run.unread.iter().map(place).collect()
}

#[test]
fn a_region_that_is_down_is_unreadable_and_no_other() {
    let run = through("0.02", |asked| match asked.region == "us-west-2" {
        true => Fault::Reset,
        false => Fault::None,
    });
    let west = (0..4).map(|number| format!("aws {} us-west-2", world::account(number)));
    assert_eq!(places(&run), west.collect());
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let run = through("0.02", |asked| match asked.account == world::account(3) {
        true => Fault::Silence,
        false => Fault::None,
    });
    let own =
        ["us-east-1", "us-west-2"].map(|region| format!("aws {} {region}", world::account(3)));
    assert_eq!(places(&run), own.into());
}

#[test]
fn credentials_that_end_in_the_middle_leave_half_a_list_unreadable() {
    let run = through("0.1", |asked| {
        let later_page = asked.what.contains("Marker=") || asked.what.contains("skiptoken");
        match later_page || asked.service == "kms" {
            true => expired(asked),
            false => Fault::None,
        }
    });
    let reason = |word: &str| run.unread.iter().filter(|it| it.contains(word)).count();
    assert_eq!(reason("rds:DescribeDBInstances: ExpiredToken"), 22);
    assert!(
        reason("kms:DescribeKey: ExpiredTokenException") > 0,
        "{:#?}",
        run.unread
    );
    let missing = run.told.values().filter(|it| it["code"] == "missing");
    assert!(missing.count() > 0, "what was read is still told");
}

#[test]
fn a_clock_that_is_wrong_is_said() {
    let skewed = |_: &Asked| Fault::Refusal(403, "RequestTimeTooSkewed");
    let run = through("0.1", skewed);
    assert_eq!(run.told.len(), 0);
    let skewed = run
        .unread
        .iter()
        .filter(|it| it.contains("RequestTimeTooSkewed"));
    assert_eq!(skewed.count(), run.unread.len(), "{:#?}", run.unread);
    let run = through("0.1", |asked| match asked.before {
        0 if asked.service != "arm" => Fault::Refusal(403, "RequestTimeTooSkewed"),
        _ => Fault::None,
    });
    assert_eq!(run.unread, [""; 0]);
}

/// RDS whose pages lead in a circle: to themselves, or from the second to the first.
#[test]
fn pages_that_lead_in_a_circle_end() {
    for circle in [Circle::Same, Circle::Two] {
        let mut world = World::drifted();
        world.circle = Some(circle);
        let (_server, _runtime, cloud) = world.serve();
        let proxy = Proxy::before(cloud, |_: &Asked| Fault::None);
        let run = run(&world::today(), &proxy, "1");
        keeps_the_law(&run, whole()).unwrap();
        let of_rds = run
            .unread
            .iter()
            .filter(|it| it.contains("a page that was read already"));
        assert_eq!(of_rds.count(), 22, "{:#?}", run.unread);
        assert!(proxy.asked().len() < 200);
    }
}

#[test]
fn of_twenty_accounts_the_one_whose_role_may_not_be_assumed_is_unreadable() {
    let mut policy = world::locations(20) + "databases:\n";
    for number in 0..20 {
        policy += &format!(
            "  db-{number}: {{ engine: rds_postgres, at: east-{number}, id: db-{number}, \
             retention: {{ pitr: 14d }} }}\n"
        );
    }
    let deployed = World::of(&super::plan(&policy), Default::default());
    let (_server, _runtime, cloud) = deployed.serve();
    let refused = world::account(7);
    let role = format!("{refused}%3Arole");
    let proxy = Proxy::before(cloud, move |asked| match asked.what.contains(&role) {
        true => Fault::Refusal(403, "AccessDenied"),
        false => Fault::None,
    });
    let run = run(&policy, &proxy, "1");
    assert_eq!((run.code, run.told.len()), (3, 0), "{:?}", run.told);
    assert_eq!(run.unread.len(), 1, "{:?}", run.unread);
    for word in [
        &format!("aws {refused} us-east-1 AWS::RDS::DBInstance db-7 "),
        "AccessDenied",
    ] {
        assert!(run.unread[0].contains(word), "{word}: {:?}", run.unread);
    }
    // Eight at a time, besides who takes the roles.
    let at_once = proxy.accounts_at_once();
    assert!((2..=9).contains(&at_once), "{at_once}");
    // Each role is assumed once.
    let assumed = proxy
        .asked()
        .into_iter()
        .filter(|it| it.what.contains("Action=AssumeRole"));
    assert_eq!(assumed.count(), 20);
}
