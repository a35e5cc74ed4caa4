//! The scripts by which a database comes back.

mod host;

use serde::Serialize;

use super::{RenderError, Renderer};
use crate::plan::{Answer, By, Disaster, DumpStore, Plan, RESTORED_TAG, Recovery, Server};
use crate::policy::Engine;

/// Most minutes that a script waits for a new instance or server.
const RECOVER_MINUTES: u32 = 240;

#[derive(Debug, Serialize)]
struct Aws<'p> {
    name: &'p str,
    source: &'p str,
    #[serde(flatten)]
    server: &'p Server,
    restored_tag: &'static str,
    wait_minutes: u32,
    /// Whether any moment can be restored.
    moment: bool,
    /// The Region of replicated automated backups.
    replicated: Option<&'p str>,
    /// Where snapshots are, the database's own Region first.
    snapshot_regions: Vec<&'p str>,
    vaults: Vec<&'p By>,
    resource_arn: String,
}

#[derive(Debug, Serialize)]
struct Azure<'p> {
    name: &'p str,
    source: &'p str,
    #[serde(flatten)]
    server: &'p Server,
    restored_tag: &'static str,
    wait_minutes: u32,
    moment: bool,
    geo: bool,
    vaults: Vec<&'p By>,
    /// Where files are restored to, where nothing else is said.
    container: Option<&'p str>,
}

/// A disaster script, beside what the plan says of the database.
#[derive(Debug, Serialize)]
struct Rescue<'p> {
    name: &'p str,
    source: &'p str,
    #[serde(flatten)]
    server: &'p Server,
    wait_minutes: u32,
    scenarios: Vec<Scenario>,
    replicas: Vec<&'p By>,
    vaults: Vec<&'p By>,
    dumps: Vec<&'p By>,
    /// Where something of the database may be left, its own Region first (AWS).
    regions: Vec<&'p str>,
    resource_arn: String,
    /// How many days a promoted replica keeps its backups.
    promoted_days: u64,
    rto_seconds: Option<u64>,
    store: Option<&'p DumpStore>,
    /// How the applications' connection strings start.
    scheme: &'static str,
}

#[derive(Debug, Serialize)]
struct Scenario {
    scenario: Disaster,
    /// Spaces after its name.
    pad: String,
    /// The ways that it leaves, in the words of the script's --by, what the script does itself first.
    ways: String,
}

impl Renderer<'_> {
    pub(super) fn recoveries(&mut self, plan: &Plan) -> Result<(), RenderError> {
        for recovery in plan
            .recoveries
            .iter()
            .filter(|recovery| recovery.by_cloud())
        {
            let script = match &recovery.server {
                Server::Aws { .. } => self
                    .templates
                    .fill("scripts/recover-aws.sh", &aws(recovery))?,
                Server::Azure { .. } => {
                    let script = azure(recovery);
                    self.templates.fill("scripts/recover-azure.sh", &script)?
                }
                // What restores its dumps is beside what makes them.
                Server::Host { .. } => continue,
            };
            self.add(path(recovery, "recover"), script)?;
            let rescue = self
                .templates
                .fill("scripts/disaster.sh", &rescue(recovery))?;
            self.add(path(recovery, "disaster"), rescue)?;
        }
        for recovery in &plan.recoveries {
            if let Some(rescue) = host::rescue(recovery, &self.by_database.dumps) {
                let rescue = self.templates.fill("scripts/disaster-host.sh", &rescue)?;
                self.add(path(recovery, "disaster"), rescue)?;
            }
        }
        Ok(())
    }
}

fn path(recovery: &Recovery, what: &str) -> String {
    format!("scripts/{}-{what}.sh", recovery.name)
}

fn rescue(recovery: &Recovery) -> Rescue<'_> {
    let ways = || recovery.ways.iter().map(|way| &way.by);
    let aws = aws(recovery);
    let replicated = aws
        .replicated
        .filter(|region| !aws.snapshot_regions.contains(region));
    Rescue {
        name: &recovery.name,
        source: &recovery.source,
        server: &recovery.server,
        wait_minutes: RECOVER_MINUTES,
        scenarios: scenarios(recovery),
        replicas: ways()
            .filter(|by| matches!(by, By::Replica { .. }))
            .collect(),
        dumps: ways().filter(|by| matches!(by, By::Dumps { .. })).collect(),
        regions: aws.snapshot_regions.into_iter().chain(replicated).collect(),
        vaults: aws.vaults,
        resource_arn: aws.resource_arn,
        promoted_days: match recovery.server {
            Server::Aws { pitr_days, .. } => pitr_days.clamp(1, 35),
            Server::Azure { .. } | Server::Host { .. } => 0,
        },
        rto_seconds: recovery.rto_seconds,
        store: recovery.store.as_ref(),
        scheme: match recovery.engine {
            Engine::RdsMysql | Engine::RdsMariadb => "mysql",
            Engine::RdsPostgres | Engine::AzurePostgres | Engine::Postgres => "postgresql",
        },
    }
}

/// Every disaster, and by which ways its script answers it.
fn scenarios(recovery: &Recovery) -> Vec<Scenario> {
    let scenario = |answer: &Answer| {
        let left = || answer.ways.iter().map(|&number| &recovery.ways[number].by);
        let (own, by_hand): (Vec<_>, Vec<_>) = left().partition(|by| is_automatic(by, recovery));
        let words = own.into_iter().chain(by_hand);
        let words: Vec<String> = words.map(|by| word(by, recovery)).collect();
        Scenario {
            scenario: answer.disaster,
            pad: " ".repeat(LONGEST.saturating_sub(answer.disaster.name().len())),
            ways: words.join(" "),
        }
    };
    recovery.disasters.iter().map(scenario).collect()
}

/// The longest name of a disaster.
const LONGEST: usize = "data_corrupted".len();

/// Whether the disaster script walks it by itself.
pub(super) fn is_automatic(by: &By, recovery: &Recovery) -> bool {
    match by {
        By::Standby { .. } => false,
        By::Dumps { .. } => matches!(recovery.server, Server::Host { .. }),
        By::Vault(vault) => vault.resource_group.is_none(),
        By::Replica { .. }
        | By::Moment
        | By::Replicated { .. }
        | By::Geo
        | By::Snapshots { .. } => true,
    }
}

/// What the disaster script calls it.
pub(super) fn word(by: &By, recovery: &Recovery) -> String {
    match by {
        By::Standby { .. } => "standby".to_owned(),
        By::Replica { id, .. } => format!("replica:{id}"),
        By::Moment => "moment".to_owned(),
        By::Replicated { .. } => "replicated".to_owned(),
        By::Geo => "geo".to_owned(),
        By::Snapshots { region } => match &recovery.server {
            Server::Aws { region: own, .. } if own != region => format!("snapshot:{region}"),
            Server::Aws { .. } | Server::Azure { .. } | Server::Host { .. } => {
                "snapshot".to_owned()
            }
        },
        By::Vault(vault) if vault.resource_group.is_some() => "files".to_owned(),
        By::Vault(vault) => format!("vault:{}", vault.vault),
        By::Dumps { store, .. } => format!("dump:{store}"),
    }
}

/// The script that walks a way, and what it is given. None: the cloud does by itself. `own` is the
/// database's Region.
pub fn walk<'w>(by: &'w By, own: Option<&str>) -> Option<(&'static str, Vec<&'w str>)> {
    Some(match by {
        By::Standby { .. } => return None,
        By::Replica { .. } => ("disaster", vec!["primary_lost"]),
        By::Moment => ("recover", vec!["latest"]),
        By::Replicated { .. } => ("recover", vec!["replicated"]),
        By::Geo => ("recover", vec!["geo"]),
        By::Snapshots { region } if own != Some(region) => {
            ("recover", vec!["snapshot", "--in", region])
        }
        By::Snapshots { .. } => ("recover", vec!["snapshot"]),
        By::Vault(vault) if vault.resource_group.is_some() => ("recover", vec!["files"]),
        By::Vault(vault) => ("recover", vec!["point", "--vault", &vault.vault]),
        By::Dumps { store, .. } => ("restore", vec!["--from", store]),
    })
}

fn azure(recovery: &Recovery) -> Azure<'_> {
    let ways = || recovery.ways.iter().map(|way| &way.by);
    Azure {
        name: &recovery.name,
        source: &recovery.source,
        server: &recovery.server,
        restored_tag: RESTORED_TAG,
        wait_minutes: RECOVER_MINUTES,
        moment: ways().any(|by| matches!(by, By::Moment)),
        geo: ways().any(|by| matches!(by, By::Geo)),
        vaults: ways().filter(|by| matches!(by, By::Vault(_))).collect(),
        container: ways().find_map(|by| match by {
            By::Dumps { url, .. } if url.starts_with("https:") => Some(url.as_str()),
            _ => None,
        }),
    }
}

fn aws(recovery: &Recovery) -> Aws<'_> {
    let ways = || recovery.ways.iter().map(|way| &way.by);
    let (own, resource_arn) = match &recovery.server {
        Server::Aws {
            account,
            region,
            instance,
            ..
        } => (
            Some(region.as_str()),
            crate::cloud::aws::arn("rds", region, account, &format!("db:{instance}")),
        ),
        Server::Azure { .. } | Server::Host { .. } => (None, String::new()),
    };
    let copied = ways().filter_map(|by| match by {
        By::Snapshots { region, .. } if own != Some(region) => Some(region.as_str()),
        _ => None,
    });
    Aws {
        name: &recovery.name,
        source: &recovery.source,
        server: &recovery.server,
        restored_tag: RESTORED_TAG,
        wait_minutes: RECOVER_MINUTES,
        moment: ways().any(|by| matches!(by, By::Moment)),
        replicated: ways().find_map(|by| match by {
            By::Replicated { region, .. } => Some(region.as_str()),
            _ => None,
        }),
        snapshot_regions: own.into_iter().chain(copied).collect(),
        vaults: ways().filter(|by| matches!(by, By::Vault(_))).collect(),
        resource_arn,
    }
}
