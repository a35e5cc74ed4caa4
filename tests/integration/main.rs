//! The one integration binary.
mod arrows;
mod drift;
mod dump;
mod render;
mod rules;
mod scalars;
mod support;
