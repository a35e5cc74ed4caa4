//! # dump-scope
//! A dump takes nothing, or its `tables` are not clearly those of its databases: none is named, one
//! is of a database that is not dumped, one could be of several, or a database has none.
//!
//! **Why.** A dump that leaves out what the policy means is found out when it is restored.
//!
//! **Fix.** Name the `databases`, or write `cluster: true`. With several databases write each table
//! with its database, as `shop.public.orders`, and at least one of each.
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Dump, Spanned, TableName};
use crate::resolve::{Database, Estate};
use crate::source::Place;

pub static CODE: Code = Code::new("dump-scope", Severity::Error, include_str!("dump_scope.rs"));

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in &estate.databases {
        if let Some(dump) = &database.written.dump {
            findings.extend(nothing(estate, database, dump));
            let tables = dump.tables.iter().flatten();
            findings.extend(tables.filter_map(|table| misplaced(&CODE, dump, table, table.place)));
            findings.extend(lacking(dump));
        }
    }
}

fn nothing(estate: &Estate<'_>, database: &Database<'_>, dump: &Dump) -> Option<Finding> {
    let cluster = dump.cluster.as_ref().is_some_and(|cluster| cluster.value);
    (dump.databases.is_empty() && !cluster).then(|| {
        let place = super::key_of(estate, database, "dump");
        Finding::new(&CODE, place, "this dump takes no database")
            .why("a run would end well with nothing in it")
            .fix("name the `databases`, or write `cluster: true` for the whole server")
    })
}

/// A table of a dump whose database is not clear.
pub(super) fn misplaced(
    code: &'static Code,
    dump: &Dump,
    table: &TableName,
    place: Place,
) -> Option<Finding> {
    let several = dump.databases.len() > 1;
    let (message, fix) = match table.database() {
        None if dump.databases.is_empty() => (
            format!("no database is named that could have the table {table}"),
            "name its database under `databases`".to_owned(),
        ),
        None if several => (
            format!("{table} could be a table of each of these databases"),
            format!("write its database before its schema, as shop.public.{table}"),
        ),
        None => return None,
        Some(named) if dump.databases.iter().any(|one| one.value == named) => return None,
        Some(named) => (
            format!("{table} is of the database {named}, which is not dumped"),
            "name that database under `databases`, or correct the name".to_owned(),
        ),
    };
    let finding = Finding::new(code, place, message)
        .why("it would be looked for where it is not")
        .fix(fix);
    Some(match dump.databases.first() {
        Some(first) => finding.label(first.place, "the databases are named here"),
        None => finding,
    })
}

/// With chosen tables, a database that none is chosen of.
fn lacking(dump: &Dump) -> Option<Finding> {
    let tables = dump.tables.as_ref()?;
    let of = |name: &Spanned<String>| {
        let mut tables = tables.iter();
        tables.any(|table| table.database().is_none_or(|database| database == name.value))
    };
    let lacking = dump.databases.iter().find(|name| !of(name))?;
    let message = format!("no table of {} is chosen", lacking.value);
    Some(
        Finding::new(&CODE, lacking.place, message)
            .label(tables.first()?.place, "the tables are chosen here")
            .why("nothing of it would be dumped")
            .fix("add a table of it, or leave it out of `databases`"),
    )
}
