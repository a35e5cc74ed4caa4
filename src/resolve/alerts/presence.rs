//! Where a database, its copies and its vaults are: AWS tells of each in its own account and Region.

use std::collections::BTreeSet;

use super::super::{Database, Estate, Site, Vault};
use super::{region_of, signals};
use crate::cloud::aws::signals::{Job, Of};
use crate::policy::AlertEvent;
use crate::source::Place;

/// What of one database is in one account's Region.
#[derive(Debug)]
pub struct Presence<'e> {
    pub site: Site<'e>,
    /// Where the policy puts something there.
    pub place: Place,
    /// Identifiers of the database and its replicas, as RDS writes them. It knows no instance of
    /// another Region.
    pub instances: BTreeSet<String>,
    /// Whether snapshots of it are made by hand here, or copied here: by a script, or by RDS, which
    /// replicates automated backups as copies of snapshots.
    pub snapshots: bool,
    /// The vault that its backups are made in.
    pub vault: Option<&'e Vault<'e>>,
    /// Whether what is in that vault is tested.
    tested: bool,
    /// The vaults that its backups are copied to.
    pub copies: Vec<&'e Vault<'e>>,
}

impl<'e> Presence<'e> {
    fn new(site: Site<'e>, place: Place) -> Presence<'e> {
        Presence {
            site,
            place,
            instances: BTreeSet::new(),
            snapshots: false,
            vault: None,
            tested: false,
            copies: Vec::new(),
        }
    }

    /// The vaults that an event of AWS Backup is about.
    pub fn vaults(&self, of: Of) -> Vec<&'e Vault<'e>> {
        let own = self.vault.into_iter();
        let copies = self.copies.iter().copied();
        match of {
            Of::Own => own.collect(),
            Of::Tested => own.filter(|_| self.tested).collect(),
            Of::Copies => copies.collect(),
            Of::Each => own.chain(copies).collect(),
        }
    }

    /// Whether AWS can tell of an event from here.
    pub fn tells(&self, event: AlertEvent) -> bool {
        let Some(signals) = signals(event) else {
            return false;
        };
        let instances = !self.instances.is_empty() && !signals.instance.is_empty();
        let snapshots = self.snapshots && !signals.snapshot.is_empty();
        let told = |job: &Job| !self.vaults(job.of).is_empty();
        instances || snapshots || signals.jobs.iter().any(told)
    }
}

/// Each account's Region that has something of a database, its own first.
pub fn presences<'e>(database: &'e Database<'_>, estate: &'e Estate<'_>) -> Vec<Presence<'e>> {
    let mut found = Found(Vec::new());
    let written = database.written;
    let Some(home) = found.at(database.site, written.at.place) else {
        return Vec::new();
    };
    home.instances.insert(written.id.to_ascii_lowercase());
    home.snapshots = written.snapshots.is_some() || written.export.is_some();
    for replica in &written.replicas {
        let named = replica.at.as_ref();
        let site = match named {
            Some(at) => estate.location(at),
            None => Some(database.site),
        };
        let place = named.unwrap_or(&replica.id).place;
        if let Some(there) = site.and_then(|site| found.at(site, place)) {
            there.instances.insert(replica.id.to_ascii_lowercase());
        }
    }
    let copied = written.snapshots.as_ref();
    let copied = copied.and_then(|it| it.copy_to.as_ref());
    let copied = copied.map(|to| (to.value.as_str(), to.place));
    let replicated = database.intent.copies.replicate_pitr.as_ref();
    let replicated = replicated.map(|to| (to.value.as_str(), to.place.unwrap_or(written.at.place)));
    for (location, place) in copied.into_iter().chain(replicated) {
        let site = estate.location(location);
        if let Some(there) = site.and_then(|site| found.at(site, place)) {
            there.snapshots = true;
        }
    }
    found.vaults(database, estate);
    found.0
}

struct Found<'e>(Vec<Presence<'e>>);

impl<'e> Found<'e> {
    /// What is at a site. None: it is not on AWS.
    fn at(&mut self, site: Site<'e>, place: Place) -> Option<&mut Presence<'e>> {
        let region = region_of(site)?;
        let known = self
            .0
            .iter()
            .position(|it| region_of(it.site) == Some(region));
        let index = known.unwrap_or(self.0.len());
        if known.is_none() {
            self.0.push(Presence::new(site, place));
        }
        self.0.get_mut(index)
    }

    /// A backup is made in a vault beside its database, and copied from there.
    fn vaults(&mut self, database: &'e Database<'_>, estate: &'e Estate<'_>) {
        let named = database.written.vault.as_ref();
        let own = named.and_then(|named| estate.vault(&named.value));
        let own = own.filter(|own| region_of(own.site) == region_of(database.site));
        let (Some(own), Some(home)) = (own, self.0.first_mut()) else {
            return;
        };
        home.vault = Some(own);
        home.tested = database.intent.restore_test.every.is_some();
        for to in &database.intent.copies.to {
            let vault = estate.vault(&to.value);
            let vault = vault.filter(|it| it.name.value != own.name.value);
            let place = to.place.unwrap_or(database.written.at.place);
            let there = vault.and_then(|vault| Some((vault, self.at(vault.site, place)?)));
            if let Some((vault, there)) = there {
                there.copies.push(vault);
            }
        }
    }
}
