//! The one integration binary.
mod arrows;
mod drift;
mod dump;
mod rules;
mod scalars;
mod support;
