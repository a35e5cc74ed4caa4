//! `backstay explain`.

mod database;
mod drills;

pub(super) use database::Explanation;

use super::failure::Failure;
use super::outcome::{self, Code};
use super::{codes, load};
use crate::cli::{Explain, ExplainFormat};
use crate::finding::closest;
use crate::report::Detail;
use crate::resolve::resolve;

pub(super) fn run(args: &Explain) -> Result<Code, Failure> {
    let codes = codes::all();
    let Some(name) = &args.name else {
        let list: String = codes
            .iter()
            .map(|code| format!("{}\n", code.name))
            .collect();
        outcome::print(&list)?;
        return Ok(Code::Clean);
    };
    if let Some(code) = codes.iter().find(|code| code.name == name) {
        outcome::print(&code.page())?;
        return Ok(Code::Clean);
    }
    // Codes are explained where there is no policy, too.
    let Ok((workspace, _)) = load::workspace(&args.paths.paths) else {
        let near = closest(name, codes.iter().map(|code| code.name));
        return Err(Failure::unknown_code(name, near));
    };
    let estate = resolve(&workspace);
    let mut databases = estate.databases.iter();
    let Some(database) = databases.find(|database| database.name.value == *name) else {
        let databases = estate.databases.iter().map(|it| it.name.value.as_str());
        let near = closest(name, codes.iter().map(|code| code.name).chain(databases));
        return Err(Failure::unknown_code(name, near));
    };
    let explanation = database::explain(database, &estate);
    let text = match args.format {
        ExplainFormat::Text => explanation.text(outcome::style(Detail::Brief).width),
        ExplainFormat::Json => serde_json::to_string_pretty(&explanation)? + "\n",
    };
    outcome::print(&text)?;
    Ok(Code::Clean)
}
