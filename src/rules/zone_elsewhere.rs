//! # zone-elsewhere
//! The availability zone of an RDS instance or replica is not one of its Region.
//!
//! **Why.** RDS refuses it when it is deployed, after the change was reviewed.
//!
//! **Fix.** Write a zone of the Region, as `us-east-1a`; the name, not the id (`use1-az1`). Or leave it
//! out: RDS chooses one.
use crate::finding::{Code, Finding, Severity};
use crate::policy::Spanned;
use crate::resolve::{Estate, Scope};
use crate::source::Place;

pub static CODE: Code = Code::new(
    "zone-elsewhere",
    Severity::Error,
    include_str!("zone_elsewhere.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in super::on_rds(estate) {
        let at = &database.written.at;
        let own = database.written.provision.as_ref();
        let own = own.and_then(|it| Some((it.zone.as_ref()?, at)));
        let replicas = database.written.replicas.iter();
        let replicas =
            replicas.filter_map(|it| Some((it.zone.as_ref()?, it.at.as_ref().unwrap_or(at))));
        for (zone, at) in own.into_iter().chain(replicas) {
            let location = estate.location(&at.value);
            if let Some(Scope::Aws { region, .. }) = location.map(|it| it.scope) {
                findings.extend(foreign(zone, region, at.place));
            }
        }
    }
}

fn foreign(zone: &Spanned<String>, region: &str, at: Place) -> Option<Finding> {
    let rest = zone.strip_prefix(region);
    // Local zones have a place between the two: us-west-2-lax-1a.
    let own = rest.is_some_and(|rest| rest.starts_with(|c: char| c == '-' || c.is_ascii_lowercase()));
    (!own).then(|| {
        Finding::new(&CODE, zone.place, format!("`{}` is no zone of {region}", zone.value))
            .label(at, "the location is set here")
            .why("RDS refuses it when it is deployed")
            .fix(format!("write a zone as `{region}a`, or leave it out"))
    })
}
