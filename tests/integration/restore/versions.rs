//! Clients and servers of different versions: a newer client serves an older server, and nothing goes
//! from newer to older.

use std::sync::Arc;

use rstest::rstest;

use super::{RICH, sums};
use crate::dump::{Asks, Job};
use crate::support::{Output, Postgres};

/// A client of version 17 or newer sets what no older server knows.
#[rstest]
#[case::custom("custom", &[])]
#[case::parallel("directory", &["--jobs", "2"])]
#[case::plain("plain", &[])]
fn a_newer_client_restores_into_an_older_server(#[case] format: &str, #[case] how: &[&str]) {
    let dump = format!("format: {format}");
    let newer = Postgres::client_folder("18");
    let job = Job::of(Asks {
        dump: &dump,
        ..Asks::of(&format!("client {format}"))
    });
    job.server.sql(job.database(), RICH);
    let run = |task: &str, arguments: &[&str]| {
        let mut command = job.script(task, arguments);
        let path = crate::support::path_variable(&[&newer]);
        Output::run(command.env("PATH", path))
    };
    run("dump", &["dump"]).expect_code(0);
    let into = format!("client {format} again");
    let arguments = [how, &["--into", &into]].concat();
    run("restore", &arguments).expect_code(0);
    let expected = sums(&job.server, job.database());
    assert_eq!(sums(&job.server, &into), expected);
    if format == "custom" {
        // All or nothing, as well.
        job.server.sql(&into, "DROP TABLE alone");
        let add = ["--add", "--into", &into, "--table", "alone", "--yes"];
        run("restore", &add).expect_code(0);
        assert_eq!(sums(&job.server, &into), expected);
        // And what fails still fails.
        job.server.sql(
            job.database(),
            "CREATE ROLE passing; ALTER TABLE alone OWNER TO passing",
        );
        run("dump", &["dump"]).expect_code(0);
        job.server.sql(
            job.database(),
            "ALTER TABLE alone OWNER TO postgres; DROP ROLE passing",
        );
        let said = run("restore", &[]).expect_code(1).stderr;
        assert!(said.contains("role \"passing\" does not exist"), "{said}");
        assert!(!said.contains("transaction_timeout"), "{said}");
    }
    job.server
        .sql("postgres", &format!("DROP DATABASE \"{into}\""));
    // The older client cannot read what the newer one wrote.
    let mut command = job.script("restore", &["--from", "local"]);
    let said = Output::run(&mut command).expect_code(1).stderr;
    assert!(said.contains("install a newer client"), "{said}");
}

#[test]
fn nothing_goes_into_an_older_server() {
    let newer = Arc::new(Postgres::start(&["--version", "18"]));
    let job = Job::at(newer.clone(), Asks::of("downwards"));
    job.dump();
    let older = Postgres::shared();
    let mut command = job.script("restore", &["--from", "local"]);
    command
        .env("PGHOST", &older.host)
        .env("PGPORT", &older.port);
    let said = Output::run(&mut command).expect_code(1).stderr;
    assert!(
        said.contains("restore into one that is at least as new"),
        "{said}"
    );
    // Nothing was made there, and at home it comes back.
    assert!(super::databases(&older, "downwards").is_empty());
    Output::run(&mut job.script("restore", &["--from", "local"])).expect_code(0);
    assert_eq!(super::databases(&newer, "downwards").len(), 2);
}
