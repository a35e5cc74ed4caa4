//! `backstay cost`.

use std::fs;
use std::path::{Path, PathBuf};

use super::baseline::{self, Old};
use super::failure::Failure;
use super::load;
use super::outcome::{self, Code};
use crate::cli::{Cost, CostFormat};
use crate::cost::{self, Estimate, Prices};
use crate::finding::Severity;
use crate::policy;
use crate::report::{Detail, cost as report, many};
use crate::resolve::resolve;
use crate::source::Sources;

pub(super) fn run(args: &Cost) -> Result<Code, Failure> {
    let prices = prices(args.prices.as_deref())?;
    let (workspace, findings) = load::workspace(&args.paths)?;
    let estate = resolve(&workspace);
    let mut estimate = cost::estimate(&estate, &prices);
    if let Some(name) = &args.baseline {
        estimate = estimate.against(&older(name, &args.paths, &prices)?);
    }
    outcome::print(&match args.format {
        CostFormat::Text => report::text(&estimate, outcome::style(Detail::Brief).width),
        CostFormat::Markdown => report::markdown(&estimate),
        CostFormat::Json => serde_json::to_string_pretty(&estimate)? + "\n",
    })?;
    let errors = findings.iter().filter(|it| it.severity == Severity::Error);
    let errors = errors.count() + estate.unresolved.len();
    if errors > 0 {
        eprintln!(
            "backstay: {} in the policy: what they touch is left out; see backstay validate",
            many(errors, "error")
        );
        return Ok(Code::Unusable);
    }
    Ok(Code::Clean)
}

/// What the policy cost before.
fn older(name: &str, paths: &[PathBuf], prices: &Prices) -> Result<Estimate, Failure> {
    let sources = match baseline::old(name, paths)? {
        Old::Policy(sources) => sources,
        Old::Nothing => Sources::default(),
        Old::Unusable(why) => {
            return Err(Failure::Baseline {
                name: name.to_owned(),
                why,
            });
        }
    };
    let (workspace, _) = policy::parse(sources);
    Ok(cost::estimate(&resolve(&workspace), prices))
}

/// Those of the file laid over the built-in ones.
fn prices(file: Option<&Path>) -> Result<Prices, Failure> {
    let refused = |path: &Path| {
        let path = path.to_owned();
        |source| Failure::Prices { path, source }
    };
    let base = Prices::built_in().map_err(refused(Path::new("the built-in prices")))?;
    let Some(path) = file else {
        return Ok(base);
    };
    let text = fs::read_to_string(path).map_err(|source| Failure::Read {
        path: path.to_owned(),
        source,
    })?;
    Ok(Prices::of(&text).map_err(refused(path))?.over(base))
}
