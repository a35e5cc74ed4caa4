//! The scripts by which a database comes back.

use serde::Serialize;

use super::{RenderError, Renderer};
use crate::plan::{By, Plan, RESTORED_TAG, Recovery, Server};

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
                Server::Host { .. } => continue,
            };
            self.add(path(recovery, "recover"), script)?;
        }
        Ok(())
    }
}

fn path(recovery: &Recovery, what: &str) -> String {
    format!("scripts/{}-{what}.sh", recovery.name)
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
