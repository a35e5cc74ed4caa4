//! What the providers store for nothing: as much as the disks of the databases hold.

use std::collections::HashMap;

use super::items::{Draft, Pool};
use super::{Item, Money, disk, size};
use crate::resolve::{Estate, Scope};

/// The free share of each pool, from 0 to 1.
pub(super) struct Shares<'w>(HashMap<Pool<'w>, f64>);

impl<'w> Shares<'w> {
    /// RDS: all disks of an account's Region, replicas' as well, against all automated backups and
    /// snapshots there. Azure: each server's own disk.
    pub fn of(estate: &Estate<'w>, drafts: &[Vec<Draft<'w>>]) -> Shares<'w> {
        let mut stored: HashMap<Pool<'w>, f64> = HashMap::new();
        for draft in drafts.iter().flatten() {
            if let Some(pool) = draft.pool {
                *stored.entry(pool).or_default() += draft.stored;
            }
        }
        let mut free: HashMap<Pool<'w>, f64> = HashMap::new();
        for database in &estate.databases {
            let Some(disk) = disk(database).or(size(database)) else {
                continue;
            };
            let replicas = database.written.replicas.iter();
            let elsewhere = replicas.map(|replica| match &replica.at {
                Some(at) => estate.location(&at.value).map(|site| site.scope),
                None => Some(database.site.scope),
            });
            let scopes = [Some(database.site.scope)].into_iter().chain(elsewhere);
            for scope in scopes.flatten() {
                match scope {
                    Scope::Aws {
                        account, region, ..
                    } => {
                        let pool = Pool::Region { account, region };
                        *free.entry(pool).or_default() += f64::from(disk.gib());
                    }
                    Scope::Azure { .. } => {
                        let pool = Pool::Server(database.name.place);
                        free.insert(pool, f64::from(disk.gib()));
                    }
                    Scope::Host { .. } => {}
                }
            }
        }
        let share = |pool: &Pool<'w>, stored: f64| {
            let free = free.get(pool).copied().unwrap_or_default();
            if stored > free { free / stored } else { 1.0 }
        };
        let shares = stored.into_iter();
        Shares(
            shares
                .map(|(pool, stored)| (pool, share(&pool, stored)))
                .collect(),
        )
    }

    pub fn price(&self, draft: Draft<'w>) -> Item {
        let share = draft.pool.and_then(|pool| self.0.get(&pool).copied());
        let free = draft.stored * share.unwrap_or_default();
        let paid = 1.0 - share.unwrap_or_default();
        let monthly = draft.storage.map(|storage| storage * paid);
        let monthly = monthly.zip(draft.fees);
        Item {
            what: draft.what,
            holder: draft.holder.to_owned(),
            region: draft.region,
            stored_gib: tenths(draft.stored),
            free_gib: tenths(free),
            monthly: monthly.map(|(storage, fees)| Money::of(storage + fees)),
        }
    }
}

fn tenths(gib: f64) -> f64 {
    (gib * 10.0).round() / 10.0
}
