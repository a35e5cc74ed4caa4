//! # rds-storage-size
//! The disk of a new RDS instance is smaller or larger than RDS can make it.
//!
//! **Why.** RDS refuses it when it is deployed.
//!
//! **Fix.** Write 20GiB to 64TiB.
use crate::cloud::aws::limits::STORAGE_GIB;
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "rds-storage-size",
    Severity::Error,
    include_str!("rds_storage_size.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    findings.extend(super::on_rds(estate).filter_map(size));
}

fn size(database: &Database<'_>) -> Option<Finding> {
    let size = &database.written.provision.as_ref()?.storage.as_ref()?.size;
    let gib = size.value.gib();
    let (first, last) = (STORAGE_GIB.start(), STORAGE_GIB.end());
    (!STORAGE_GIB.contains(&gib)).then(|| {
        Finding::new(&CODE, size.place, format!("RDS offers no disk of {gib}GiB"))
            .why(format!(
                "RDS on gp2 and gp3 takes {first} to {last} GiB"
            ))
            .fix(match gib < *first {
                true => format!("write `{first}GiB` or more"),
                false => format!("write `{last}GiB` or less"),
            })
    })
}
