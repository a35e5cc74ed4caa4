//! A policy with a text in every place where one can be written, each on a line of its own.

use std::collections::{BTreeMap, BTreeSet};

use backstay::finding::{Finding, Severity};
use backstay::plan::Plan;
use backstay::policy::parse;
use backstay::resolve::resolve;
use backstay::rules;
use backstay::source::Sources;

/// A place for a text.
pub struct Slot {
    /// The text that stands there in the plain policy, but for the schedule; no other text has it.
    pub token: &'static str,
    /// What the place takes beyond any text, as a regular expression.
    pub shape: &'static str,
    /// Whether it takes several texts at a time.
    pub many: bool,
}

const fn one(token: &'static str, shape: &'static str) -> Slot {
    Slot {
        token,
        shape,
        many: false,
    }
}

const fn many(token: &'static str) -> Slot {
    Slot {
        token,
        shape: ".*",
        many: true,
    }
}

const NAME: &str = "[a-z][a-z0-9_-]{0,20}";

pub const SCHEDULE: &str = "qzschedule";
pub const PLAIN_SCHEDULE: &str = "47 5 * * *";

pub const SLOTS: &[Slot] = &[
    one("qzlocation", NAME),
    one("qzother", NAME),
    one("qzhost", NAME),
    one("qzstore", NAME),
    one("qzdatabase", NAME),
    one("qzrole", "[A-Za-z0-9+=,.@_/-]{1,20}"),
    one("qzgroup", "[A-Za-z0-9_().-]{0,20}[A-Za-z0-9_()-]"),
    one("qzaddress", "[A-Za-z0-9][A-Za-z0-9.:-]{0,20}"),
    one("qzbucket", "[a-z0-9][a-z0-9.-]{1,20}[a-z0-9]"),
    one("qzaccount", "[a-z0-9]{3,24}"),
    one("qzcontainer", "[a-z0-9-]{3,20}"),
    one("qzid", ".{1,20}"),
    one("qzuser", ".{1,20}"),
    one(
        SCHEDULE,
        "(daily|weekly (mon|sun)|monthly [0-9]{1,2}) [0-9]{1,2}:[0-9]{2}|[0-9,*/-]{1,6} [0-9]{1,2} [*0-9] [*] [*0-7]",
    ),
    one("qzchannel", "[A-Za-z0-9._-]{1,12}"),
    one("qzreason", ".{1,20}"),
    one("qzowner", ".{1,20}"),
    one("qzinstance", "[A-Za-z][A-Za-z0-9-]{0,20}"),
    one("qzreplica", "[A-Za-z][A-Za-z0-9-]{0,20}"),
    one("qzserver", "[a-z0-9-]{3,20}"),
    one("qzusername", "[A-Za-z][A-Za-z0-9_]{0,20}"),
    one("qzkey", "[A-Za-z0-9_.:/-]{1,20}"),
    one("qzquery", ".{1,20}"),
    many("qzname"),
    many("qztable"),
    many("qzawskey"),
    many("qzawsvalue"),
    many("qzazurekey"),
    many("qzazurevalue"),
];

/// Texts by the token of their slot.
pub type Texts = BTreeMap<&'static str, Vec<String>>;

/// How tags are written: each key and each value for itself, or in pairs.
#[derive(Debug, Clone, Copy)]
pub enum Tags {
    Apart,
    Paired,
}

const POLICY: &str = r#"version: 1
locations:
  us-<file>:
    provider: aws
    region: us-east-1
    account: "012345678901"
    role: "arn:aws:iam::012345678901:role/<qzrole>"
  "<qzother>":
    provider: aws
    region: us-west-2
    account: "012345678901"
  "<qzlocation>":
    provider: azure
    region: eastus
    subscription: 00000000-0000-0000-0000-000000000001
    resource_group: "<qzgroup>"
  "<qzhost>":
    provider: host
    address: "<qzaddress>"
stores:
  "<qzstore>":
    at: us-<file>
    bucket: "<qzbucket>"
  blobs-<file>:
    at: "<qzlocation>"
    storage_account: "<qzaccount>"
    container: "<qzcontainer>"
tiers:
  loose:
    rpo: 1y
    rto: 1y
    retention: { pitr: 14d, daily: 30d, weekly: 12w }
defaults:
  tier: loose
  maintenance_window: "sun:04:30-sun:05:30"
  alerts:
    to:
      - "slack:<qzchannel>"
databases:
  "<qzdatabase>":
    engine: postgres
    at: "<qzhost>"
    id: "<qzid>"
    size: 20GiB
    restore_test:
      every: 1mo
      tables:
        - "plain.public.\"<qztable>\""
      checksums:
        plain: "SELECT <qzquery>"
    dump:
      to: ["<qzstore>", blobs-<file>]
      globals: true
      run_by: [cron, github_actions]
      user: "<qzuser>"
      schedule: "<qzschedule>"
      databases:
        - plain
        - "<qzname>"
  new-aws-<file>:
    engine: rds_postgres
    at: us-<file>
    id: new-aws-<file>
    size: 20GiB
    encryption: customer_managed
    high_availability: multi_az
    replicas:
      - id: "<qzreplica>"
    provision:
      engine_version: "16"
      instance_class: db.t4g.medium
      storage: { type: gp3, size: 20GiB }
      username: "<qzusername>"
    tags:
<aws tags>
  old-aws-<file>:
    engine: rds_postgres
    at: us-<file>
    id: "<qzinstance>"
    size: 20GiB
    encryption: "arn:aws:kms:us-east-1:012345678901:key/<qzkey>"
    snapshots: { schedule: "weekly sun 02:17", keep: 90d, copy_to: "<qzother>" }
    export: { to: "<qzstore>", schedule: "monthly 1 05:23", keep: 7y }
    tags:
<aws tags>
  new-azure-<file>:
    engine: azure_postgres
    at: "<qzlocation>"
    id: new-azure-<file>
    size: 128GiB
    provision: { version: "16", sku: Standard_D2s_v3, sku_tier: GeneralPurpose, storage: { size: 128GiB }, username: pgadmin }
    tags:
<azure tags>
  old-azure-<file>:
    engine: azure_postgres
    at: "<qzlocation>"
    id: "<qzserver>"
    size: 128GiB
    high_availability: zone_redundant
    snapshots: { schedule: "weekly sun 02:17", keep: 14d }
    tags:
<azure tags>
exceptions:
  - at: databases.new-aws-<file>
    allow: top-of-hour
    until: 2999-01-01
    reason: "<qzreason>"
    owner: "<qzowner>"
"#;

/// A policy's text, and for each of its lines which texts stand on it: a slot's token and which one.
struct Written {
    text: String,
    lines: Vec<Vec<(&'static str, usize)>>,
}

/// The policy as the file of a number, which makes its own names unique.
fn written(file: usize, texts: &Texts, tags: Tags) -> Written {
    let (mut text, mut lines) = (String::new(), Vec::new());
    let template = POLICY
        .replace("<aws tags>", &tag_lines("aws", tags))
        .replace("<azure tags>", &tag_lines("azure", tags))
        .replace("<file>", &file.to_string());
    for line in template.lines() {
        let on_it = |token: &&str| line.contains(&format!("<{token}>"));
        let tokens: Vec<_> = SLOTS.iter().map(|slot| slot.token).filter(on_it).collect();
        let times = tokens.iter().map(|token| texts[token].len()).min();
        (0..times.unwrap_or(1)).for_each(|index| {
            let line = tokens.iter().fold(line.to_owned(), |line, token| {
                line.replace(&format!("<{token}>"), &escaped(&texts[token][index]))
            });
            text += &line;
            text += "\n";
            lines.push(tokens.iter().map(|token| (*token, index)).collect());
        });
    }
    Written { text, lines }
}

fn tag_lines(cloud: &str, tags: Tags) -> String {
    match tags {
        Tags::Paired => format!("      \"<qz{cloud}key>\": \"<qz{cloud}value>\""),
        Tags::Apart => {
            format!("      \"<qz{cloud}key>\": plain\n      plain: \"<qz{cloud}value>\"")
        }
    }
}

/// A text between double quotes, in letters that no editor and no reader changes.
fn escaped(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '"' | '\\' => format!("\\{c}"),
            ' '..='~' => c.to_string(),
            '\0'..='\u{ff}' => format!("\\x{:02x}", u32::from(c)),
            '\u{100}'..='\u{ffff}' => format!("\\u{:04x}", u32::from(c)),
            _ => format!("\\U{:08x}", u32::from(c)),
        })
        .collect()
}

/// What stands in each place of the plain policy.
pub fn plain(token: &'static str, index: usize) -> String {
    match token {
        SCHEDULE => PLAIN_SCHEDULE.to_owned(),
        token => format!("{token}{index:03}"),
    }
}

/// Of policies with one text in each place: the texts that are not refused, of each policy. Every
/// refusal has a place, and none is where the plain text stands.
pub fn accepted(policies: &[Texts]) -> Vec<Texts> {
    let mut left = policies.to_vec();
    let mut tried = left.clone();
    let mut doubtful: BTreeSet<usize> = (0..policies.len()).collect();
    while !doubtful.is_empty() {
        let numbers: Vec<usize> = doubtful.iter().copied().collect();
        let written: Vec<Written> = numbers
            .iter()
            .map(|number| written(*number, &tried[*number], Tags::Apart))
            .collect();
        let texts = written
            .iter()
            .map(|written| ("policy.yaml", &*written.text));
        doubtful.clear();
        let refused = refused(texts);
        for (file, line) in &refused {
            let number = numbers[*file];
            for (token, _) in &written[*file].lines[*line] {
                if left[number].remove(token).is_some() {
                    tried[number].insert(token, vec![plain(token, number)]);
                    doubtful.insert(number);
                }
            }
        }
        for (file, line) in refused {
            let text = &written[file].text;
            let known = doubtful.contains(&numbers[file]);
            assert!(known, "only line {} is refused in\n{text}", line + 1);
        }
    }
    left
}

/// Where something is wrong with some files: the file and the line, both from 0.
fn refused<'t>(files: impl Iterator<Item = (&'t str, &'t str)>) -> Vec<(usize, usize)> {
    let mut sources = Sources::default();
    for (path, text) in files {
        sources.add(path, text);
    }
    let ids: Vec<_> = sources.ids().collect();
    let (workspace, mut findings) = parse(sources);
    findings.extend(rules::check(&resolve(&workspace)));
    findings.retain(|finding| finding.severity == Severity::Error);
    let place = |finding: &Finding| {
        let place = finding.place.expect("a refusal has a place");
        let file = ids.iter().position(|id| *id == place.file).unwrap();
        (file, workspace.sources.position(place).line - 1)
    };
    findings.iter().map(place).collect()
}

/// What the policy with these texts asks for, in a file of this name.
pub fn planned(path: &str, texts: &Texts) -> Plan {
    let Written { text, .. } = written(0, texts, Tags::Paired);
    let refused = refused([(path, text.as_str())].into_iter());
    assert!(refused.is_empty(), "{refused:?} in\n{text}");
    let mut sources = Sources::default();
    sources.add(path, text);
    let (workspace, _) = parse(sources);
    backstay::plan::plan(&resolve(&workspace))
}
