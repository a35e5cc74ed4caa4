//! The one integration binary.
mod drift;
