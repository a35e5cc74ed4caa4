//! The rooms of src/ and the arrows between them, as the design draws them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::root;

/// Each room and the rooms that it may name. A room only ever names rooms above it; what a room
/// may name of a provider is said in [`KNOW_NO_PROVIDER`].
const ARROWS: &[(&str, &[&str])] = &[
    ("cli", &[]),
    ("source", &[]),
    ("cloud", &[]),
    ("finding", &["source"]),
    ("evidence", &["source", "finding"]),
    ("policy", &["source", "finding", "cloud", "evidence"]),
    ("resolve", &["policy", "source", "cloud"]),
    (
        "rules",
        &["resolve", "policy", "finding", "source", "cloud"],
    ),
    (
        "plan",
        &[
            "resolve", "policy", "finding", "cloud", "source", "evidence",
        ],
    ),
    (
        "render",
        &["plan", "cloud", "finding", "policy", "evidence"],
    ),
    ("observe", &["plan", "cloud", "evidence"]),
    ("drift", &["plan", "observe", "finding", "source", "cloud"]),
    (
        "coverage",
        &[
            "observe", "plan", "resolve", "policy", "drift", "finding", "source", "cloud",
        ],
    ),
    (
        "adopt",
        &[
            "observe", "plan", "resolve", "policy", "rules", "drift", "coverage", "finding",
            "source", "cloud",
        ],
    ),
    ("cost", &["plan", "resolve", "policy", "source"]),
    ("status", &["plan", "observe", "drift", "finding", "source"]),
    ("report", &["finding", "source", "drift", "status", "cost"]),
    ("notify", &[]),
    ("commands", EVERYTHING),
];
const EVERYTHING: &[&str] = &[
    "cli", "source", "cloud", "finding", "policy", "resolve", "rules", "plan", "render", "observe",
    "drift", "coverage", "adopt", "cost", "status", "report", "notify", "evidence",
];
/// Rooms that treat every cloud alike.
const KNOW_NO_PROVIDER: &[&str] = &["source", "finding", "drift", "status", "report"];
const PROVIDERS: &[&str] = &["aws", "azure"];
/// Libraries that reach a network; only `observe`, which reads, and `notify`, which sends, may name
/// them.
const NETWORK: &[&str] = &[
    "aws_config",
    "aws_credential_types",
    "aws_sdk_",
    "aws_smithy_",
    "azure_core",
    "azure_identity",
    "azure_mgmt_",
    "reqwest",
    "rustls",
    "tokio",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
];
const LONGEST_FILE: usize = 400;
const LONGEST_MAIN: usize = 25;

struct File {
    /// Relative to src/, with forward slashes.
    path: String,
    text: String,
    /// The text without its comments.
    code: String,
}

impl File {
    /// The room: `plan` for plan.rs and plan/aws.rs. lib.rs and main.rs are the house.
    fn room(&self) -> Option<&str> {
        let first = self.path.split('/').next().unwrap_or_default();
        Some(first.strip_suffix(".rs").unwrap_or(first))
            .filter(|room| !["lib", "main"].contains(room))
    }

    /// Every path of our own that the code names, from the crate's root: `cloud::aws::rds`.
    fn names(&self) -> Vec<String> {
        let above = "super::".repeat(self.path.matches('/').count() + 1);
        let mut found = Vec::new();
        for start in ["crate::", above.as_str()] {
            for (at, _) in self.code.match_indices(start) {
                let rest = &self.code[at + start.len()..];
                let longer = self.code[..at].ends_with("super::") || rest.starts_with("super::");
                if !longer {
                    branches("", rest, &mut found);
                }
            }
        }
        found
    }
}

/// Writes out a use tree: `a::{b, c::D}` names `a::b` and `a::c::D`. Returns what comes after it.
fn branches<'a>(before: &str, text: &'a str, found: &mut Vec<String>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start_matches([',', ' ', '\n']);
            if rest.is_empty() || rest.starts_with('}') {
                return rest.get(1..).unwrap_or_default();
            }
            let after = branches(before, rest, found);
            // `as other` and the like: on to the next branch.
            let next = after.find([',', '}']).unwrap_or(after.len());
            rest = &after[next..];
        }
    }
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    let path = format!("{before}{}", &text[..end]);
    match text[end..].strip_prefix("::") {
        Some(rest) => branches(&format!("{path}::"), rest, found),
        None => {
            found.push(path);
            &text[end..]
        }
    }
}

fn without_comments(text: &str) -> String {
    let line = |line: &str| {
        line.split("//")
            .next()
            .unwrap_or_default()
            .trim_end()
            .to_owned()
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn files() -> Vec<File> {
    fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("src can be read") {
            let path = entry.expect("src can be read").path();
            if path.is_dir() {
                collect(&path, paths);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                paths.push(path);
            }
        }
    }
    let src = root().join("src");
    let mut paths = Vec::new();
    collect(&src, &mut paths);
    paths.sort();
    assert!(!paths.is_empty(), "{} has no file", src.display());
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a source is UTF-8");
            let path = path.strip_prefix(&src).expect("it is below src");
            File {
                path: path.to_string_lossy().replace('\\', "/"),
                code: without_comments(&text),
                text,
            }
        })
        .collect()
}

fn allowed(room: &str) -> Option<&'static [&'static str]> {
    ARROWS
        .iter()
        .find(|(name, _)| *name == room)
        .map(|(_, to)| *to)
}

#[track_caller]
fn nothing(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_points_one_way() {
    for (index, (room, to)) in ARROWS.iter().enumerate() {
        for target in *to {
            let above = ARROWS[..index].iter().any(|(name, _)| name == target);
            assert!(above, "{room} → {target} does not point to a room above");
        }
    }
}

#[test]
fn rooms_name_only_rooms_that_their_arrows_reach() {
    let mut wrong = Vec::new();
    for file in files() {
        let Some(room) = file.room() else { continue };
        let Some(to) = allowed(room) else {
            wrong.push(format!(
                "src/{}: {room} is no room of the design",
                file.path
            ));
            continue;
        };
        for name in file.names() {
            let target = name.split("::").next().unwrap_or_default();
            if target != room && allowed(target).is_some() && !to.contains(&target) {
                wrong.push(format!("src/{}: {room} names {name}", file.path));
            }
        }
    }
    nothing(wrong);
}

#[test]
fn every_arrow_is_found_however_it_is_written() {
    let file = |path: &str, code: &str| File {
        path: path.to_owned(),
        text: String::new(),
        code: without_comments(code),
    };
    let names = |path, code| file(path, code).names();
    assert_eq!(
        names(
            "a/b.rs",
            "use crate::plan::{self, Plan as P, x::{Y, Z}}; crate::rules::check()"
        ),
        [
            "plan::self",
            "plan::Plan",
            "plan::x::Y",
            "plan::x::Z",
            "rules::check"
        ]
    );
    assert_eq!(
        names(
            "a.rs",
            "use crate::{\n    drift, // and crate::not\n    policy,\n};"
        ),
        ["drift", "policy"]
    );
    assert_eq!(
        names("a/b.rs", "use super::super::cloud::aws; use super::own;"),
        ["cloud::aws"]
    );
    assert_eq!(names("a.rs", "use super::cloud::aws;"), ["cloud::aws"]);
    assert_eq!(names("a.rs", "/// [`crate::policy`]\nfn x() {}"), [""; 0]);
}

#[test]
fn rooms_that_know_no_provider_name_none() {
    let mut wrong = Vec::new();
    for file in files() {
        if file
            .room()
            .is_some_and(|room| KNOW_NO_PROVIDER.contains(&room))
        {
            for word in file.code.split(|c: char| !c.is_alphanumeric()) {
                if PROVIDERS.contains(&word.to_lowercase().as_str()) {
                    wrong.push(format!("src/{}: names the provider {word}", file.path));
                }
            }
        }
    }
    nothing(wrong);
}

#[test]
fn only_two_rooms_reach_the_network() {
    let mut wrong = Vec::new();
    for file in files() {
        for library in NETWORK {
            let reaches = matches!(file.room(), Some("observe" | "notify"));
            if !reaches && file.code.contains(library) {
                wrong.push(format!("src/{}: names {library}", file.path));
            }
        }
    }
    nothing(wrong);
}

/// A paginator that gives single items hides the tokens, and ends early where one comes twice.
#[test]
fn lists_are_read_by_the_page() {
    let files = files().into_iter();
    let wrong = files.filter(|file| file.code.contains(".items()"));
    nothing(
        wrong
            .map(|file| format!("src/{}: .items()", file.path))
            .collect(),
    );
}

/// Each client that is made there refuses what is not a read.
#[test]
fn clients_of_aws_are_made_in_one_place() {
    let mut wrong = Vec::new();
    for file in files() {
        let place = file.path.strip_prefix("observe/live/aws/");
        let here = place.is_some_and(|place| place.starts_with("clients"));
        let session = place == Some("session.rs");
        for making in ["aws_config", "SdkConfig", "from_conf(", "Client::new("] {
            let configures = session && !making.ends_with('(');
            if !here && !configures && file.code.contains(making) {
                wrong.push(format!("src/{}: {making}", file.path));
            }
        }
    }
    // The one client that publishes, and nothing else.
    wrong.retain(|wrong| !wrong.starts_with("src/notify/topic.rs: "));
    // ARM's client is made of the transport that only reads.
    wrong.retain(|wrong| wrong != "src/observe/live/azure/arm.rs: Client::new(");
    nothing(wrong);
}

#[test]
fn files_are_short_and_named_after_their_module() {
    let mut wrong = Vec::new();
    for file in files() {
        let lines = file.text.lines().count();
        if lines > LONGEST_FILE {
            wrong.push(format!(
                "src/{}: {lines} lines, more than {LONGEST_FILE}",
                file.path
            ));
        }
        if file.path == "main.rs" && lines >= LONGEST_MAIN {
            wrong.push(format!(
                "src/main.rs: {lines} lines, not under {LONGEST_MAIN}"
            ));
        }
        if file.path.ends_with("mod.rs") {
            wrong.push(format!("src/{}: foo.rs and foo/, no mod.rs", file.path));
        }
    }
    nothing(wrong);
}

#[test]
fn nothing_panics_without_a_reason() {
    let mut wrong = Vec::new();
    for file in files() {
        for call in [".unwrap()", "panic!(", "todo!(", "unimplemented!(", "dbg!("] {
            if file.code.contains(call) {
                wrong.push(format!("src/{}: {call}", file.path));
            }
        }
        for (at, call) in file.code.match_indices(".expect(") {
            // A reason is a sentence, not a word.
            let reason = file.code[at + call.len()..].trim_start().strip_prefix('"');
            let reason = reason.and_then(|text| text.split('"').next());
            if reason.is_none_or(|text| text.split_whitespace().count() < 4) {
                wrong.push(format!("src/{}: .expect( without a reason", file.path));
            }
        }
    }
    nothing(wrong);
}
