//! Azure: recovery points of servers, of vaults and in containers.

mod servers;
mod vaults;

use jiff::Timestamp;
use serde_json::Value;

use super::super::points::{Asked, Clocks, Told};
use super::super::{AT_A_TIME, Report};
use super::arm::Arm;
use super::{container, is_absent, reason};
use crate::plan::PointSource;

pub(in super::super) async fn points(
    asked: &[Asked<'_>],
    clocks: &Clocks,
    report: Report<'_>,
) -> Vec<Told> {
    let of = |kind: fn(&PointSource) -> bool| -> Vec<Asked<'_>> {
        let all = asked.iter().copied();
        all.filter(|asked| kind(asked.source())).collect()
    };
    let servers = of(|it| {
        matches!(
            it,
            PointSource::Server { .. } | PointSource::OnDemand { .. }
        )
    });
    let vaults = of(|it| matches!(it, PointSource::AzureVault { .. }));
    let containers = of(|it| matches!(it, PointSource::Container { .. }));
    let (arm, containers) = futures::join!(
        through_arm(servers, vaults, clocks, report),
        container::read(&containers)
    );
    arm.into_iter().chain(containers).collect()
}

async fn through_arm(
    servers: Vec<Asked<'_>>,
    vaults: Vec<Asked<'_>>,
    clocks: &Clocks,
    report: Report<'_>,
) -> Vec<Told> {
    if servers.is_empty() && vaults.is_empty() {
        return Vec::new();
    }
    let arm = match Arm::from_environment() {
        Ok(arm) => arm.noting(clocks),
        Err(reason) => {
            let all = servers.iter().chain(&vaults);
            return all.map(|asked| asked.unreadable(&reason)).collect();
        }
    };
    report("azure: recovery points");
    let (servers, vaults) =
        futures::join!(servers::read(&arm, &servers), vaults::read(&arm, &vaults));
    servers.into_iter().chain(vaults).collect()
}

/// A moment as ARM writes it, to the second. None: it has another form than documented.
fn moment(value: &Value) -> Option<Timestamp> {
    let at: Timestamp = value.as_str()?.parse().ok()?;
    Timestamp::from_second(at.as_second()).ok()
}
