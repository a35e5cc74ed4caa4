//! The one integration binary.
mod arrows;
mod backups;
mod baseline;
mod cli;
mod coverage;
mod drift;
mod dump;
mod enforce;
mod exceptions;
mod export;
mod foreign;
mod hostile;
mod jobs;
mod on_demand;
mod readme;
mod recorded;
mod recover;
mod regions;
mod render;
mod reports;
mod rules;
mod scalars;
mod snapshot;
mod stores;
mod support;
#[cfg(feature = "clouds")]
mod wire;
