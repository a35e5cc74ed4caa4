//! The one integration binary.
mod arrows;
mod cli;
mod drift;
mod dump;
mod foreign;
mod readme;
mod recorded;
mod regions;
mod render;
mod rules;
mod scalars;
mod stores;
mod support;
#[cfg(feature = "clouds")]
mod wire;
