//! `backstay adopt`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::failure::Failure;
use super::outcome::{self, Code};
use super::{exceptions, inventory, load, write};
use crate::adopt::{Adopted, Wanted, adopt};
use crate::cli::Adopt as Args;
use crate::coverage::{asked, unnamed};
use crate::finding::closest;
use crate::observe::inventory::{Inventory, Listing, Place};
use crate::plan::{self, plan};
use crate::policy::{self, Workspace};
use crate::report::many;
use crate::resolve::{Estate, Scope, resolve};
use crate::source::Sources;

pub(super) fn run(args: &Args) -> Result<Code, Failure> {
    if let Some(path) = args.out.as_ref().filter(|path| path.exists()) {
        return Err(Failure::Exists(path.clone()));
    }
    let workspace = workspace(&args.paths)?;
    if !workspace.is_complete() {
        let why = "the policy cannot be read whole: see `backstay validate`";
        return Err(Failure::Adopt(why.to_owned()));
    }
    let estate = resolve(&workspace);
    let roles = places(args, &estate)?;
    if roles.is_empty() && args.inventory.from.is_none() {
        let why = "there is no place to look: give --aws ACCOUNT/REGION, --azure SUBSCRIPTION or \
                   --from FILE, or a policy with locations";
        return Err(Failure::Adopt(why.to_owned()));
    }
    let inventory = inventory::read(&args.inventory, roles.clone())?;
    let unread = unread(&inventory);
    let mut unnamed = unnamed(&estate, &plan(&estate), &inventory, exceptions::today());
    unnamed.retain(|database| is_asked(args, &estate, &database.address.scope));
    let path = args.out.as_ref().map(|path| path.display().to_string());
    let adopted = adopt(&Wanted {
        estate: &estate,
        inventory: &inventory,
        unnamed,
        roles: &roles,
        path: path.as_deref().unwrap_or("adopted.yaml"),
    });
    for reason in &unread {
        eprintln!("backstay adopt: could not be read: {reason}");
    }
    match (&adopted.text, &args.out) {
        (Some(text), Some(path)) => write::create(path, text)?,
        (Some(text), None) => outcome::print(text)?,
        (None, _) => {}
    }
    summary(&adopted);
    Ok(match unread.is_empty() {
        true => Code::Clean,
        false => Code::Incomplete,
    })
}

/// The policy that is there; an empty one where there is none yet.
fn workspace(paths: &[PathBuf]) -> Result<Workspace, Failure> {
    let present: Vec<PathBuf> = paths.iter().filter(|path| path.exists()).cloned().collect();
    match load::workspace(&present) {
        Ok((workspace, _)) => Ok(workspace),
        Err(Failure::NoPolicy(_)) => Ok(policy::parse(Sources::default()).0),
        Err(failure) => Err(failure),
    }
}

/// What is looked at, each with the role to assume: the policy's locations, or those of them that are
/// named, and what the flags name.
fn places(args: &Args, estate: &Estate<'_>) -> Result<BTreeMap<Place, Option<String>>, Failure> {
    let mut places = flagged(args);
    let of_policy = asked(estate);
    if args.locations.is_empty() {
        let flags = !places.is_empty();
        let more = of_policy.into_iter().filter(|_| !flags);
        places.extend(more);
        return Ok(places);
    }
    for name in &args.locations {
        let Some(site) = estate.location(name) else {
            let near = closest(name, estate.locations.keys().copied());
            let hint = near.map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"));
            let why = format!("the policy has no location `{name}`{hint}");
            return Err(Failure::Adopt(why));
        };
        let place = match site.scope {
            Scope::Aws {
                account, region, ..
            } => Place::Aws {
                account: account.to_owned(),
                region: region.to_owned(),
            },
            Scope::Azure { subscription, .. } => Place::Azure {
                subscription: subscription.to_ascii_lowercase(),
            },
            Scope::Host { .. } => {
                let why = format!("`{name}` is a host, which no cloud tells of");
                return Err(Failure::Adopt(why));
            }
        };
        let role = of_policy.get(&place).cloned().flatten();
        places.insert(place, role);
    }
    Ok(places)
}

/// The places of the flags.
fn flagged(args: &Args) -> BTreeMap<Place, Option<String>> {
    let aws = args.aws.iter().map(|place| {
        let (account, region) = (place.account.clone(), place.region.clone());
        (Place::Aws { account, region }, place.role.clone())
    });
    let azure = args.azure.iter().map(|subscription| {
        let subscription = subscription.0.clone();
        (Place::Azure { subscription }, None)
    });
    aws.chain(azure).collect()
}

/// Whether a scope is one of the locations that are named, or of the places.
fn is_asked(args: &Args, estate: &Estate<'_>, scope: &plan::Scope) -> bool {
    let mut named = args.locations.iter();
    let named = named.any(
        |name| match (estate.location(name).map(|it| it.scope), scope) {
            (
                Some(Scope::Aws {
                    account, region, ..
                }),
                plan::Scope::Aws {
                    account: own,
                    region: there,
                },
            ) => account == own && region == there,
            (
                Some(Scope::Azure {
                    subscription,
                    resource_group,
                    ..
                }),
                plan::Scope::Azure {
                    subscription: own,
                    resource_group: group,
                },
            ) => {
                subscription.eq_ignore_ascii_case(own) && resource_group.eq_ignore_ascii_case(group)
            }
            _ => false,
        },
    );
    let flagged = flagged(args).contains_key(&Place::of(scope));
    args.locations.is_empty() || named || flagged
}

/// What could not be read, and why.
fn unread(inventory: &Inventory) -> Vec<String> {
    let mut unread = Vec::new();
    for (place, listing) in inventory.places() {
        match listing {
            Listing::Read(contents) => {
                let reasons = contents.unread.iter();
                unread.extend(reasons.map(|reason| format!("{place}: {reason}")));
            }
            Listing::Unreadable { reason } => unread.push(format!("{place}: {reason}")),
        }
    }
    unread
}

fn summary(adopted: &Adopted) {
    let count = many(adopted.databases, "database");
    match (&adopted.text, adopted.left_out.len()) {
        (None, 0) => eprintln!("backstay adopt: there is nothing to adopt"),
        (Some(_), 0) => eprintln!("backstay adopt: {count} written"),
        (Some(_), left) => eprintln!(
            "backstay adopt: {count} written; {left} left out, for the reasons at its top"
        ),
        (None, left) => {
            eprintln!("backstay adopt: nothing written; {left} left out:");
            for (name, why) in &adopted.left_out {
                eprintln!("  {name}: {why}");
            }
        }
    }
}
