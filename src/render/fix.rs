//! A script of every command that brings the clouds back to the plan, in an order that protects first.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use super::restore::restore_commands;
use super::{RenderError, Templates};
use crate::cloud::{Command, Direction, Restore};
use crate::finding::{Difference, Finding, Kind};
use crate::plan::{Body, Owner, Plan, Purpose, Resource, Scope};

/// A finding, and its place as reports name it.
#[derive(Debug)]
pub struct Told<'f> {
    pub finding: &'f Finding,
    pub place: Option<String>,
}

/// What the script's template is given.
#[derive(Debug, Serialize)]
struct Script {
    /// Resources and properties that could not be read.
    unread: usize,
    steps: Vec<Step>,
    /// Whether some step lowers a protection, or needs the credentials of an account.
    lowers: bool,
    accounts: bool,
    by_hand: Vec<ByHand>,
}

#[derive(Debug, Serialize)]
struct Step {
    number: usize,
    resource: String,
    /// The account and Region whose credentials it takes (AWS).
    account: Option<(String, String)>,
    lowers: bool,
    notes: Vec<String>,
    lines: Vec<String>,
}

/// What no command does, or none that a script should run.
#[derive(Debug, Serialize)]
struct ByHand {
    text: String,
    fix: String,
}

/// What goes first: the order of the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Protection that is off, and copies that are gone.
    Protect,
    /// What is kept for too short a time.
    Raise,
    /// What is not there, or not deployed.
    Deploy,
    Change,
    /// What would weaken the live cloud.
    Lower,
}

/// What is told of one resource, to be set in one step.
struct Block<'f> {
    resource: &'f Resource,
    told: Vec<(Rank, &'f Told<'f>, &'f Difference)>,
}

/// The script. Commands name the rendered files in `out`.
///
/// # Errors
/// None in practice: the template is part of the program, and a test fills it.
pub fn fix_script(
    plan: &Plan,
    told: &[Told<'_>],
    unread: usize,
    out: &str,
) -> Result<String, RenderError> {
    let mut by_hand = Vec::new();
    let blocks = blocks(plan, told, &mut by_hand);
    let lowering = blocks.iter().filter(|block| block.lowers());
    let mut steps = Steps {
        steps: Vec::new(),
        stronger: lowering.map(|it| it.resource.owner.file()).collect(),
        by_lines: HashMap::new(),
        touched: HashSet::new(),
    };
    for block in &blocks {
        steps.add(block, out);
    }
    let steps = steps.steps;
    let script = Script {
        unread,
        lowers: steps.iter().any(|step| step.lowers),
        accounts: steps.iter().any(|step| step.account.is_some()),
        steps,
        by_hand,
    };
    Templates::embedded()?.fill("scripts/fix.sh", &script)
}

/// One block for each resource, and one more for what lowers it; in the order in which they are safe.
fn blocks<'f>(plan: &'f Plan, told: &'f [Told<'f>], by_hand: &mut Vec<ByHand>) -> Vec<Block<'f>> {
    let resources = plan.resources.iter();
    let by_name: HashMap<(String, &str), &Resource> = resources
        .map(|it| ((it.address.to_string(), it.name.as_str()), it))
        .collect();
    let mut blocks: IndexMap<(bool, String, &str), Block<'_>> = IndexMap::new();
    for told in told.iter().filter(|told| told.finding.accepted.is_none()) {
        let Some(difference) = told.finding.difference.as_deref() else {
            continue;
        };
        let key = (difference.resource.clone(), difference.part.as_str());
        let resource = by_name.get(&key).copied();
        let rank = resource.and_then(|resource| rank(resource, difference));
        match (resource, rank) {
            (Some(resource), Some(rank)) if is_safe(resource, difference) => blocks
                .entry((rank == Rank::Lower, key.0, key.1))
                .or_insert_with(|| Block {
                    resource,
                    told: Vec::new(),
                })
                .told
                .push((rank, told, difference)),
            (Some(_), _) if is_wanted(difference.kind) => by_hand.extend(left(told)),
            _ => {}
        }
    }
    let mut blocks: Vec<Block<'_>> = blocks.into_values().collect();
    for block in &mut blocks {
        block.told.sort_by_key(|(rank, ..)| *rank);
    }
    blocks.sort_by_key(Block::order);
    blocks
}

impl Block<'_> {
    fn lowers(&self) -> bool {
        self.told.iter().any(|(rank, ..)| *rank == Rank::Lower)
    }

    fn order(&self) -> (Option<Rank>, Purpose) {
        let first = self.told.first().map(|(rank, ..)| *rank);
        (first, self.resource.owner.purpose())
    }
}

/// What the cloud or time will do, and what is only proposed, is nobody's to fix now.
fn is_wanted(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Proposed | Kind::Pending | Kind::InFlight | Kind::NotCompared
    )
}

/// A lock that nobody can lift is no script's to put.
fn is_safe(resource: &Resource, difference: &Difference) -> bool {
    let locks = matches!(
        (&resource.owner, &resource.body),
        (Owner::Existing { .. }, Body::ImmutabilityPolicy(_))
    );
    difference.restore.is_some() && !locks
}

fn rank(resource: &Resource, difference: &Difference) -> Option<Rank> {
    Some(match difference.kind {
        Kind::Missing | Kind::Undeployed => Rank::Deploy,
        Kind::Weakened if lengthens(resource, difference) => Rank::Raise,
        Kind::Weakened => Rank::Protect,
        Kind::Changed => Rank::Change,
        Kind::Strengthened => Rank::Lower,
        Kind::Proposed
        | Kind::Pending
        | Kind::InFlight
        | Kind::SetElsewhere
        | Kind::NotCompared => return None,
    })
}

/// Whether a value is too small; what is switched off or gone has none.
fn lengthens(resource: &Resource, difference: &Difference) -> bool {
    let mut properties = resource.body.properties().iter();
    let property = properties.find(|it| it.path == difference.property);
    let grows = property.is_none_or(|it| {
        it.restore != Restore::Replicate
            && matches!(
                it.direction,
                Direction::MoreIsStronger
                    | Direction::Removal
                    | Direction::LaterIsStronger
                    | Direction::Reads(_)
            )
    });
    grows && matches!(difference.live, Value::Number(_) | Value::String(_))
}

fn left(told: &Told<'_>) -> Option<ByHand> {
    let finding = told.finding;
    (!finding.fix.is_empty()).then(|| ByHand {
        text: note(told),
        fix: finding.fix.clone(),
    })
}

fn note(told: &Told<'_>) -> String {
    let finding = told.finding;
    let code = finding.code.name;
    match &told.place {
        Some(place) => format!("{code}: {} ({place})", finding.message),
        None => format!("{code}: {}", finding.message),
    }
}

/// Steps in their order, and what they do.
struct Steps<'f> {
    steps: Vec<Step>,
    /// Rendered files of which some resource protects more than the policy asks for.
    stronger: HashSet<&'f str>,
    by_lines: HashMap<Vec<String>, usize>,
    touched: HashSet<String>,
}

impl Steps<'_> {
    fn add(&mut self, block: &Block<'_>, out: &str) {
        let resource = block.resource;
        let name = resource.address.to_string();
        let wanted: Vec<(&str, &Value)> = block
            .told
            .iter()
            .map(|(_, _, it)| match it.kind {
                Kind::Undeployed => ("", &it.live),
                _ => (it.property.as_str(), &it.live),
            })
            .collect();
        let mut lines: Vec<String> = Vec::new();
        for command in restore_commands(resource, &wanted) {
            if !self.touched.insert(name.clone()) {
                lines.extend(settled(resource));
            }
            lines.extend(command.in_folder(out).lines());
        }
        once(&mut lines);
        let mut notes: Vec<String> = block.told.iter().map(|(_, told, _)| note(told)).collect();
        let mut lowers = block.lowers();
        let whole = wanted.iter().any(|(pointer, _)| pointer.is_empty())
            && matches!(resource.owner, Owner::Template { .. });
        if whole && self.stronger.contains(resource.owner.file()) {
            notes.push(WHOLE.to_owned());
            lowers = true;
        }
        if lines.iter().any(|line| line.starts_with(CHANGE_SET)) {
            notes.push(REVIEWED.to_owned());
        }
        let next = self.steps.len();
        // What puts a whole document or deploys a whole file is run once for all that is told of it.
        match *self.by_lines.entry(lines.clone()).or_insert(next) {
            at if at < next => {
                self.steps[at].notes.append(&mut notes);
                self.steps[at].lowers |= lowers;
            }
            _ => self.steps.push(Step {
                number: next + 1,
                resource: name,
                account: match &resource.address.scope {
                    Scope::Aws { account, region } => Some((account.clone(), region.clone())),
                    Scope::Azure { .. } => None,
                },
                lowers,
                notes,
                lines,
            }),
        }
    }
}

/// What was asked for before is not asked for again.
fn once(lines: &mut Vec<String>) {
    let mut told: HashMap<String, String> = HashMap::new();
    lines.retain(|line| match line.split_once("=$(") {
        Some((name, command)) if name.starts_with("told_") => {
            let before = told.insert(name.to_owned(), command.to_owned());
            before.as_deref() != Some(command)
        }
        _ => true,
    });
}

const CHANGE_SET: &str = "aws cloudformation create-change-set ";
const REVIEWED: &str =
    "This makes a change set and no more: look at what it would do, then execute it.";
const WHOLE: &str =
    "Deploying this puts every value of the template, and lowers what is stronger now.";

/// An instance takes no change while it is at another one.
fn settled(resource: &Resource) -> Option<String> {
    let (Body::DbInstance(_), Scope::Aws { region, .. }) =
        (&resource.body, &resource.address.scope)
    else {
        return None;
    };
    let name = &resource.address.name;
    let wait = [
        "aws",
        "rds",
        "wait",
        "db-instance-available",
        "--region",
        region,
    ];
    let wait = Command::new(wait).args(["--db-instance-identifier", name]);
    Some(wait.to_string())
}
