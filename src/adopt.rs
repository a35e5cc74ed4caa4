//! From what is live to a policy that says so: names, tiers, defaults and tags as a person would have
//! chosen them. Pure: whoever calls it has read the clouds and writes the file.
//!
//! What is drafted is read back, checked by every rule and compared with the clouds. A database of which
//! that is not clean is left out, and the file says why: what is written always validates, and drift
//! finds nothing on it.

mod draft;
mod group;
mod judge;
mod labels;
mod needs;
mod text;

use std::collections::BTreeMap;

use crate::coverage;
use crate::observe::inventory::{Database, Inventory, Live, Place};
use crate::plan::{Address, Scope};
use crate::policy::Engine;
use crate::resolve::Estate;

use draft::Draft;

/// What is asked for.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// Everything that the workspace has already; its names and locations are used.
    pub estate: &'a Estate<'a>,
    pub inventory: &'a Inventory,
    /// The databases that no policy names.
    pub unnamed: Vec<&'a Database>,
    /// Roles by the places that no location of the policy names.
    pub roles: &'a BTreeMap<Place, Option<String>>,
    /// The file that will be written, as it is told of in findings.
    pub path: &'a str,
}

/// A policy, and how many databases it has.
#[derive(Debug)]
pub struct Adopted {
    /// None: there is nothing to write.
    pub text: Option<String>,
    pub databases: usize,
    /// What is not in it, and why.
    pub left_out: Vec<(String, String)>,
}

/// A database that can be written down.
#[derive(Debug, Clone)]
struct Candidate<'a> {
    database: &'a Database,
    engine: Engine,
    replicas: Vec<&'a Database>,
}

/// Writes a policy for what no policy names.
pub fn adopt(wanted: &Wanted<'_>) -> Adopted {
    let mut left_out: Vec<(String, String)> = Vec::new();
    let candidates = candidates(&wanted.unnamed, &mut left_out);
    let mut draft = Draft::of(wanted, candidates);
    let text = loop {
        let text = text::write(&draft, wanted, &left_out);
        let verdict = judge::judge(wanted, &draft, &text);
        if verdict.is_clean() || draft.databases.is_empty() {
            break text;
        }
        draft = draft.without(verdict, wanted, &mut left_out);
    };
    let databases = draft.databases.len();
    Adopted {
        text: (databases > 0).then_some(text),
        databases,
        left_out,
    }
}

/// What of the databases can be written down, with the replicas of each; what cannot, is told.
fn candidates<'a>(
    unnamed: &[&'a Database],
    left_out: &mut Vec<(String, String)>,
) -> Vec<Candidate<'a>> {
    let known: BTreeMap<Address, &Database> = unnamed.iter().map(|it| (it.key(), *it)).collect();
    let mut replicas: BTreeMap<Address, Vec<&Database>> = BTreeMap::new();
    let mut own = Vec::new();
    for database in known.values() {
        match database
            .source()
            .filter(|source| known.contains_key(source))
        {
            Some(source) => replicas.entry(source).or_default().push(database),
            None => own.push(*database),
        }
    }
    let mut candidates = Vec::new();
    for database in own {
        let replicas = replicas.remove(&database.key()).unwrap_or_default();
        match engine(database) {
            Ok(engine) => candidates.push(Candidate {
                database,
                engine,
                replicas,
            }),
            Err(why) => leave_out(database, &replicas, why, left_out),
        }
    }
    // What is left copies a replica.
    let deep = replicas.into_values().flatten();
    let why = "it copies a replica, which no policy can say";
    left_out.extend(deep.map(|database| (name(database), why.to_owned())));
    candidates
}

/// Tells why a database is not written, and that its replicas go with it.
fn leave_out(
    database: &Database,
    replicas: &[&Database],
    why: &str,
    left_out: &mut Vec<(String, String)>,
) {
    left_out.push((name(database), why.to_owned()));
    let of = format!("it copies {}", coverage::shown(&database.address.name));
    left_out.extend(replicas.iter().map(|it| (name(it), of.clone())));
}

/// The engine in the policy's words, of what has something to keep.
fn engine(database: &Database) -> Result<Engine, &'static str> {
    let engine = match &database.live {
        Live::Instance(body) => {
            let name = body.engine.as_deref().unwrap_or_default();
            Engine::of_rds(name).ok_or("its engine is not handled")?
        }
        Live::Server(_) => Engine::AzurePostgres,
        Live::Replica(_) => return Err("it is a replica of a server that is not seen"),
    };
    if database.cluster.is_some() {
        return Err("it is a member of a cluster, whose backups are the cluster's");
    }
    match database.automated_days() {
        0 => Err("it has no backup of its own: turn automated backups on, then adopt it"),
        _ => Ok(engine),
    }
}

/// A database as comments and messages name it.
fn name(database: &Database) -> String {
    let name = coverage::shown(&database.address.name);
    match &database.address.scope {
        Scope::Aws { account, region } => format!("{name} in {account} {region}"),
        Scope::Azure { resource_group, .. } => {
            format!("{name} in {}", coverage::shown(resource_group))
        }
    }
}
