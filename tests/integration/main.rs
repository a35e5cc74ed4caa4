//! The one integration binary.
mod drift;
mod rules;
mod scalars;
