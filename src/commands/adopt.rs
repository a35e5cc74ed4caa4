//! `backstay adopt`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::outcome::{self, Code};
use super::{exceptions, inventory, load};
use crate::adopt::{Adopted, Wanted, adopt};
use crate::cli::Adopt as Args;
use crate::coverage::{asked, unnamed};
use crate::finding::closest;
use crate::observe::inventory::{Inventory, Listing, Place};
use crate::plan::plan;
use crate::policy::{self, Workspace};
use crate::report::many;
use crate::resolve::{Estate, Scope, resolve};
use crate::source::Sources;

pub(super) fn run(args: &Args) -> Result<Code, Failure> {
    if let Some(path) = args.out.as_ref().filter(|path| path.exists()) {
        return Err(exists(path));
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
    let wanted_place = |place: &Place| args.locations.is_empty() || roles.contains_key(place);
    let mut unnamed = unnamed(&estate, &plan(&estate), &inventory, exceptions::today());
    unnamed.retain(|database| wanted_place(&Place::of(&database.address.scope)));
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
        (Some(text), Some(path)) => write(path, text)?,
        (Some(text), None) => outcome::print(text)?,
        (None, _) => {}
    }
    summary(&adopted);
    Ok(match unread.is_empty() {
        true => Code::Clean,
        false => Code::Incomplete,
    })
}

fn exists(path: &Path) -> Failure {
    let path = path.display();
    Failure::Adopt(format!(
        "{path} exists, and nothing is overwritten: name a new file, or move the old one away"
    ))
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
    let mut places = BTreeMap::new();
    for place in &args.aws {
        let (account, region) = (place.account.clone(), place.region.clone());
        places.insert(Place::Aws { account, region }, place.role.clone());
    }
    for subscription in &args.azure {
        let subscription = subscription.0.clone();
        places.insert(Place::Azure { subscription }, None);
    }
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

/// Beside the file, then in its place: it is there whole or not at all, and never takes another's.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |source| Failure::Write {
        path: path.to_owned(),
        source,
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut file = tempfile::Builder::new()
        .permissions(permissions())
        .tempfile_in(folder)
        .map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Err(exists(path)),
        Err(error) => Err(failed(error.error)),
    }
}

/// As any other file of the policy: a temporary one would be for its owner alone.
#[cfg(unix)]
fn permissions() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o666)
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
