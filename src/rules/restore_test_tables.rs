//! # restore-test-tables
//! A restore test of dumps asks for a table, a number of rows or a checksum that the dump cannot have:
//! of a database that is not dumped, of a table that is not among the chosen ones, or of rows where
//! only the schema is dumped; or only the data is dumped, which nothing can be restored from alone. Or a
//! test of snapshots asks for a table, and nothing says in which database of the server it is.
//!
//! **Why.** The test would fail on every run, and tell nothing about the backup.
//!
//! **Fix.** Name the databases and tables that are dumped; with several databases, and for snapshots,
//! write each table with its database, as `shop.public.orders`.
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Dump, DumpPart, TableName};
use crate::resolve::{Database, Estate, Tester};
use crate::source::Place;

pub static CODE: Code = Code::new(
    "restore-test-tables",
    Severity::Error,
    include_str!("restore_test_tables.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in &estate.databases {
        if let Some(dump) = &database.written.dump {
            tables(database, dump, findings);
            findings.extend(checksums(database, dump));
            findings.extend(part(database, dump));
        }
        if database.testers().contains(&Tester::Snapshots) {
            homeless(database, findings);
        }
    }
}

fn tables(database: &Database<'_>, dump: &Dump, findings: &mut Vec<Finding>) {
    let test = &database.intent.restore_test;
    for table in &test.tables {
        let place = super::place_of(database, table);
        findings.extend(one(database, dump, &table.value, place));
    }
    for (name, rows) in &test.rows {
        let place = super::place_of(database, rows);
        findings.extend(match name.parse::<TableName>() {
            Ok(table) => one(database, dump, &table, place),
            Err(error) => {
                let message = error.to_string();
                let (message, fix) = message.split_once(": ").unwrap_or((&message, ""));
                let finding = Finding::new(&CODE, place, message);
                Some(finding.why("it could not be counted").fix(fix))
            }
        });
    }
}

/// Tables of a snapshot, of which no database is known.
fn homeless(database: &Database<'_>, findings: &mut Vec<Finding>) {
    let test = &database.intent.restore_test;
    let known = database.written.pitr_test.is_some();
    let mut one = |table: &TableName, place| {
        if table.database().is_none() && !known {
            let message = format!("nothing says which database of the server has the table {table}");
            let finding = Finding::new(&CODE, place, message)
                .label(database.name.place, "its snapshots are tested")
                .why("a snapshot has every database of the server")
                .fix(format!("write the database before it, as shop.public.{table}"));
            findings.push(finding);
        }
    };
    for table in &test.tables {
        one(&table.value, super::place_of(database, table));
    }
    for (name, rows) in &test.rows {
        if let Ok(table) = name.parse::<TableName>() {
            one(&table, super::place_of(database, rows));
        }
    }
}

fn one(
    database: &Database<'_>,
    dump: &Dump,
    table: &TableName,
    place: Place,
) -> Option<Finding> {
    let misplaced = super::dump_scope::misplaced(&CODE, dump, table, place);
    misplaced.or_else(|| {
        let tables = dump.tables.as_ref()?;
        let chosen = tables.iter().any(|chosen| chosen.sql() == table.sql());
        (!chosen).then(|| {
            let message = format!("{table} is not among the tables that are dumped");
            Finding::new(&CODE, place, message)
                .label(tables.first().map_or(database.name.place, |it| it.place), "they are chosen here")
                .why("no restored database would have it")
                .fix("choose it for the dump as well, or leave it out here")
        })
    })
}

fn checksums<'d>(
    database: &'d Database<'_>,
    dump: &'d Dump,
) -> impl Iterator<Item = Finding> + 'd {
    let checksums = database.intent.restore_test.checksums.iter();
    let dumped = |name: &str| dump.databases.iter().any(|one| one.value == name);
    checksums
        .filter(move |(name, _)| !dumped(name))
        .map(|(name, query)| {
            let place = super::place_of(database, query);
            let message = format!("a checksum is asked of the database {name}, which is not dumped");
            Finding::new(&CODE, place, message)
                .why("the query would never be asked")
                .fix("write the name of a database that is dumped")
        })
}

fn part(database: &Database<'_>, dump: &Dump) -> Option<Finding> {
    let only = dump.only.as_ref()?;
    let test = &database.intent.restore_test;
    let asks = test.rows.values().map(|rows| super::place_of(database, rows));
    let asks = asks.chain(test.checksums.values().map(|sum| super::place_of(database, sum)));
    let asks = asks.chain(test.tables.iter().map(|table| super::place_of(database, table)));
    let (place, message, why) = match (only.value, &test.every) {
        (DumpPart::Schema, _) => (
            asks.min()?,
            "the schema alone is dumped, which has no rows",
            "the test counts rows",
        ),
        (DumpPart::Data, Some(every)) => (
            super::place_of(database, every),
            "the data alone is dumped, which no restore can begin with",
            "the tables would have to be there already",
        ),
        (DumpPart::Data, None) => return None,
    };
    let mut finding = Finding::new(&CODE, place, message)
        .label(only.place, "`only` is set here")
        .why(why)
        .fix("remove `only`, or test what is dumped elsewhere");
    if only.value == DumpPart::Data {
        finding.severity = Severity::Warning;
    }
    Some(finding)
}
