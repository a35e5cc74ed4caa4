//! The one integration binary.
mod access;
mod alerts;
mod arrows;
mod cli;
mod drift;
mod dump;
mod foreign;
mod readme;
mod recorded;
mod render;
mod rules;
mod scalars;
mod support;
#[cfg(feature = "clouds")]
mod wire;
