//! The one integration binary.
mod arrows;
mod cli;
mod drift;
mod dump;
mod enforce;
mod export;
mod foreign;
mod jobs;
mod readme;
mod recorded;
mod render;
mod reports;
mod restore;
mod restore_test;
mod rules;
mod scalars;
mod schedules;
mod snapshot;
mod support;
#[cfg(feature = "clouds")]
mod wire;
