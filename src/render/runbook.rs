//! The runbook of a database: what a person who has never seen it needs on the day it is lost.

mod shown;

use serde::Serialize;

use self::shown::{Kept, Shown};
use super::recovery::{is_automatic, walk, word};
use super::{RenderError, Renderer};
use crate::cloud::Command;
use crate::plan::{Answer, By, Disaster, Dump, Export, Job, Plan, Recovery, Server, Way};
use crate::policy::Task;

#[derive(Debug, Serialize)]
struct Runbook<'p> {
    #[serde(flatten)]
    recovery: &'p Recovery,
    /// Where it is, in a few words.
    place: String,
    ways: Vec<Told<'p>>,
    scenarios: Vec<Scenario>,
    /// The scripts that are rendered for it, by what they do.
    scripts: Vec<&'static str>,
    exports: Vec<&'p Export>,
    dump: Option<Dumped<'p>>,
    drills: Vec<Drill<'p>>,
    /// What drills have shown, kind by kind.
    shown: Vec<Shown>,
    results: Vec<Kept<'p>>,
    /// Where the results of drills are kept.
    evidence: String,
    /// Whether some way back is a vault of Azure's.
    files: bool,
    /// Whether any moment can be restored.
    moment: bool,
    /// A name for what is restored.
    example: &'static str,
    /// What else the recover script can do, each a line.
    commands: Vec<String>,
}

/// What of it comes back from dumps.
#[derive(Debug, Serialize)]
struct Dumped<'p> {
    databases: Vec<&'p str>,
    globals: bool,
    cluster: bool,
}

#[derive(Debug, Serialize)]
struct Drill<'p> {
    task: Task,
    what: &'static str,
    schedule: &'p str,
}

/// A way back as a row of a table.
#[derive(Debug, Serialize)]
struct Told<'p> {
    what: &'static str,
    at: String,
    loses: String,
    keeps: &'p str,
    elsewhere: bool,
}

#[derive(Debug, Serialize)]
struct Scenario {
    disaster: Disaster,
    title: &'static str,
    sign: &'static str,
    /// The disaster script's own choice first.
    ways: Vec<Choice>,
}

#[derive(Debug, Serialize)]
struct Choice {
    /// As the disaster script's --by takes it.
    word: String,
    what: &'static str,
    at: String,
    automatic: bool,
}

/// A name for what is restored, which every cloud takes.
const EXAMPLE: &str = "restored";

/// What a script may do, in the order in which a runbook speaks of it.
const TASKS: [&str; 10] = [
    "disaster",
    "recover",
    "restore",
    "pitr-test",
    "restore-test",
    "dump",
    "snapshot",
    "backup",
    "export",
    "enforce",
];

impl<'p> Renderer<'p> {
    /// After every script: it names those that there are.
    pub(super) fn runbooks(&mut self, plan: &Plan) -> Result<(), RenderError> {
        for recovery in &plan.recoveries {
            let runbook = self.runbook(recovery);
            let text = self.templates.fill("runbook.md", &runbook)?;
            self.add(format!("runbooks/{}.md", recovery.name), text)?;
        }
        Ok(())
    }

    fn runbook<'r>(&self, recovery: &'r Recovery) -> Runbook<'r>
    where
        'p: 'r,
    {
        let name = &recovery.name;
        let is_rendered = |task: &&'static str| {
            let path = format!("scripts/{name}-{task}.sh");
            self.paths.contains(&path)
        };
        let ways = || recovery.ways.iter();
        let answers = recovery.disasters.iter();
        let exports = self.by_database.exports.get(name.as_str());
        Runbook {
            recovery,
            place: place(&recovery.server),
            ways: ways().map(told).collect(),
            scenarios: answers.map(|it| scenario(it, recovery)).collect(),
            scripts: TASKS.into_iter().filter(is_rendered).collect(),
            exports: exports.cloned().unwrap_or_default(),
            dump: self
                .by_database
                .dumps
                .get(name.as_str())
                .map(|it| dumped(it)),
            drills: self.drills(name),
            shown: shown::shown(recovery),
            results: shown::kept(recovery),
            evidence: shown::folder(&recovery.source),
            files: ways().any(|way| is_files(&way.by)),
            moment: ways().any(|way| way.by == By::Moment),
            example: EXAMPLE,
            commands: ways().filter_map(|way| command(way, recovery)).collect(),
        }
    }

    fn drills(&self, name: &str) -> Vec<Drill<'p>> {
        let own = self.by_database.drills.get(name).into_iter().flatten();
        let drill = |&(job, what): &(&'p Job, _)| Drill {
            task: job.task,
            what,
            schedule: &job.schedule,
        };
        own.map(drill).collect()
    }
}

fn place(server: &Server) -> String {
    match server {
        Server::Aws {
            account,
            region,
            instance,
            ..
        } => format!("RDS instance {instance}, account {account}, {region}"),
        Server::Azure {
            subscription,
            resource_group,
            region,
            server,
            ..
        } => format!(
            "flexible server {server}, resource group {resource_group}, subscription {subscription}, {region}"
        ),
        Server::Host { address } => format!("PostgreSQL on {address}"),
    }
}

fn dumped(dump: &Dump) -> Dumped<'_> {
    let databases = dump.databases.iter();
    Dumped {
        databases: databases.map(|database| database.name.as_str()).collect(),
        globals: dump.globals,
        cluster: dump.cluster,
    }
}

fn told(way: &Way) -> Told<'_> {
    let (what, at) = described(&way.by);
    Told {
        what,
        at,
        loses: match way.rpo {
            None => "no bound is promised".to_owned(),
            Some(0) => "nothing".to_owned(),
            Some(minutes) => time(minutes),
        },
        keeps: way.keeps.as_deref().unwrap_or("as long as it runs"),
        elsewhere: way.elsewhere,
    }
}

/// Whether its restores are files.
fn is_files(by: &By) -> bool {
    matches!(by, By::Vault(vault) if vault.resource_group.is_some())
}

/// What a way is, and where.
fn described(by: &By) -> (&'static str, String) {
    match by {
        By::Standby { mode } => ("standby, failover by the cloud", mode.replace('_', " ")),
        By::Replica { id, region } => ("replica to promote", format!("{id} in {region}")),
        By::Moment => (
            "any moment, by the cloud",
            "the database's own Region".to_owned(),
        ),
        By::Replicated { region, .. } => ("any moment, replicated", region.clone()),
        By::Geo => ("geo-redundant backup", "the paired region".to_owned()),
        By::Snapshots { region } => ("manual snapshots", region.clone()),
        By::Vault(vault) => (
            match is_files(by) {
                true => "long-term backups, as files",
                false => "recovery points",
            },
            format!("vault {} in {}", vault.cloud_name, vault.region),
        ),
        By::Dumps { url, schedule, .. } => ("dumps", format!("{url}, {schedule}")),
    }
}

fn scenario(answer: &Answer, recovery: &Recovery) -> Scenario {
    let (title, sign) = match answer.disaster {
        Disaster::PrimaryLost => (
            "The database is lost",
            "It does not answer, was deleted, or cannot be repaired.",
        ),
        Disaster::RegionLost => (
            "Its Region is lost",
            "Nothing in the Region or on the host answers, and nobody says when it will.",
        ),
        Disaster::DataCorrupted => (
            "Its data is corrupted",
            "It answers, and what it says is wrong: a bad deployment, a wrong statement, an intruder.",
        ),
        Disaster::BackupDeleted => (
            "Backups are deleted",
            "Snapshots, recovery points or dumps are gone before their time.",
        ),
    };
    let ways = answer.ways.iter().map(|&number| &recovery.ways[number].by);
    let mut ways: Vec<Choice> = ways
        .map(|by| {
            let (what, at) = described(by);
            Choice {
                word: word(by, recovery),
                what,
                at,
                automatic: is_automatic(by, recovery),
            }
        })
        .collect();
    ways.sort_by_key(|choice| !choice.automatic);
    Scenario {
        disaster: answer.disaster,
        title,
        sign,
        ways,
    }
}

/// How the recover script walks a way, beside the moments of the database's own Region.
fn command(way: &Way, recovery: &Recovery) -> Option<String> {
    let (script, words) = walk(&way.by, recovery.server.region())?;
    let walked = script == "recover" && way.by != By::Moment;
    walked.then(|| Command::new(words).to_string())
}

/// Minutes in the unit that a person would choose.
fn time(minutes: u64) -> String {
    match minutes {
        minutes if minutes % (24 * 60) == 0 => format!("{} d", minutes / (24 * 60)),
        minutes if minutes % 60 == 0 => format!("{} h", minutes / 60),
        minutes => format!("{minutes} min"),
    }
}
