//! Defaults and tier laid under each database: intent with no value missing, each with its origin.
//!
//! Layers, weakest first: built in, the workspace's defaults, the file's defaults, the built-in
//! tier, the workspace's tier, the file's tier, the database. Maps merge key by key; texts, numbers
//! and lists replace. Defaults and tiers of a file without databases hold for the whole workspace.

mod account;
pub mod alerts;
mod builtin;
mod estate;
mod index;
mod layers;
mod long_term;
mod mechanisms;
mod scopes;
mod started;
mod testers;
mod used;
mod ways;

pub use account::Account;
pub use builtin::TIERS;
pub use estate::resolve;
pub use estate::{Database, Estate, Reference, Scope, Site, Store, Unresolved, Vault};
pub use layers::{
    Intent, IntentAlerts, IntentCopies, IntentRestoreTest, IntentRetention, Layer, Resolved,
};
pub use mechanisms::{Lies, Means, Mechanism, Medium, mechanisms};
pub use started::Started;
pub use testers::Tester;
pub use ways::{By, Disaster, Vault as VaultOf, Way, ways};
